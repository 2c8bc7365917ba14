"""The other tasks of a child process besides answering requests: comparing two models, quantizing a file."""
