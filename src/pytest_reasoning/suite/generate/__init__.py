"""Generates cases from a seed."""
