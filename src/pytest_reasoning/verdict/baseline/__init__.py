"""Comparisons with an earlier run: the baseline file, the comparison, its verdict and its wording."""
