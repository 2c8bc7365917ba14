"""The format of suite files as pydantic models, and the JSON Schema for editors."""
