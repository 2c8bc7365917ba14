"""The response store: finished completions in one SQLite file."""
