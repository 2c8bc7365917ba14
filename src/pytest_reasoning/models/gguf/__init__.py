"""The header of a GGUF file: its metadata, tensor types and the memory it needs, read without llama.cpp."""
