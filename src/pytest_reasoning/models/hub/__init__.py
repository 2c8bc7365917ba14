"""Resolves references to files of the Hugging Face hub, and downloads the files."""
