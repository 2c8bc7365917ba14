"""Families of tasks: each draws a question with its answer and its chain of thought, in English or Portuguese."""
