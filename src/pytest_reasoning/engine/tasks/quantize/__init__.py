"""One GGUF file → a quantized one, made once and kept in a folder."""
