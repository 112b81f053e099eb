curl http://localhost:7860/api/v1/orchestrator/runs/a1b2c3d4-e5f6-7890-abcd-ef1234567890
