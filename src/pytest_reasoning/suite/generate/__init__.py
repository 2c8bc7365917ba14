"""Draws generated cases from a seed."""
