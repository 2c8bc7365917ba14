"""Reads the rows of data files and turns them into cases."""
