"""Text files that users write: YAML with line numbers, and what is wrong in it."""

from pytest_reasoning.text.yaml.marked import MarkedList, MarkedMap, parse, place_of, read_text
from pytest_reasoning.text.yaml.problems import problems_of

__all__ = ["MarkedList", "MarkedMap", "parse", "place_of", "problems_of", "read_text"]
