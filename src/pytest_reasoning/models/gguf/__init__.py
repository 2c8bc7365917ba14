"""Reads the header of a GGUF file without llama.cpp: metadata, tensor types and the memory the model needs."""
