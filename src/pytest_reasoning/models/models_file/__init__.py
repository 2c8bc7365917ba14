"""`reasoning-models.yaml`: a project's names for its models, and each model's settings."""
