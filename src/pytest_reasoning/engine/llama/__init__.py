"""llama.cpp behind the `Backend` protocol; `backend.py` is the only importer of llama_cpp."""
