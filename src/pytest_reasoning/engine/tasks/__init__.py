"""What a child process does besides answering requests: comparing two models, quantizing a file."""
