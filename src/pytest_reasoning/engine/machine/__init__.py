"""What this machine has and what fits into it: cores, memory, GPUs."""
