"""Two models along the same texts: how far the second's next-token probabilities are from the first's."""
