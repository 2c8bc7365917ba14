"""The machine's cores, memory and GPUs, and which models fit."""
