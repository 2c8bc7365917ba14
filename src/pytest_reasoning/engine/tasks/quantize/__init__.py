"""Quantizes a GGUF file once and keeps the result in a folder."""
