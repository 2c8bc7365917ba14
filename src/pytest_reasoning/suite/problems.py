"""What is wrong in a YAML file, handed on under the name this room's modules know."""

from pytest_reasoning.sources.problems import problems_of, suggestion

__all__ = ["problems_of", "suggestion"]
