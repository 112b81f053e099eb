curl -X POST http://localhost:7860/api/v1/orchestrator/projects/550e8400-e29b-41d4-a716-446655440000/execute \
  -H "Content-Type: application/json" \
  -d '{
    "project_id": "550e8400-e29b-41d4-a716-446655440000",
    "name": "Simple Pipeline",
    "steps": [
      {
        "step_name": "analyze",
        "model_type": "CodeLlama",
        "prompt": "Analyze the requirements"
      },
      {
        "step_name": "generate",
        "model_type": "CodeGemma",
        "prompt": "Generate production code"
      }
    ]
  }'
