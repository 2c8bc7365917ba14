"""Handling of texts from people, models and files: wording, files on disk, YAML with line numbers, and errors."""
