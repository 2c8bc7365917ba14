"""Requests in, completions out: scheduler, worker process and llama.cpp."""
