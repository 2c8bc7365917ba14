"""Reads YAML files that users write, and reports problems with line numbers."""

from pytest_reasoning.text.yaml.marked import MarkedList, MarkedMap, parse, place_of, read_text
from pytest_reasoning.text.yaml.problems import problems_of

__all__ = ["MarkedList", "MarkedMap", "parse", "place_of", "problems_of", "read_text"]
