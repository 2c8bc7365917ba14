"""Instances drawn from a seed."""
