"""A run compared with an earlier one: the kept file, the comparison and its cause in words."""
