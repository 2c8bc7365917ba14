"""`reasoning-models.yaml`: the names a project gives its models, and the settings of each."""
