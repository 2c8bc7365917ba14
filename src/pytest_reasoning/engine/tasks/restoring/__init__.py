"""Finds the block at which a quantized variant loses what its reference says."""
