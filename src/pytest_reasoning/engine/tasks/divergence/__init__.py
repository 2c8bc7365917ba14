"""Measures how far a variant's next-token probabilities are from its reference's, along the same texts."""
