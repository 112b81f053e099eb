curl http://localhost:7860/api/v1/orchestrator/templates
