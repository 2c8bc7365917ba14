"""The reader of YAML files, handed on under the name this room's modules know."""

from pytest_reasoning.sources.marked_yaml import (
    MarkedList,
    MarkedMap,
    Place,
    WrittenFloat,
    parse,
    place_of,
    read_text,
)

__all__ = ["MarkedList", "MarkedMap", "Place", "WrittenFloat", "parse", "place_of", "read_text"]
