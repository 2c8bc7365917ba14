"""Reads suite files: validates the YAML, renders templates, draws generated cases, and loads data sets."""

from pytest_reasoning.suite.conditions import reason_for
from pytest_reasoning.suite.format.extensions import Extensions
from pytest_reasoning.suite.format.json_schema import schema_text
from pytest_reasoning.suite.generate.generators import Generator
from pytest_reasoning.suite.generate.random_stream import RandomStream
from pytest_reasoning.suite.load import load_suite, suite_from_text
from pytest_reasoning.suite.suite import Suite

__all__ = [
    "Extensions",
    "Generator",
    "RandomStream",
    "Suite",
    "load_suite",
    "reason_for",
    "schema_text",
    "suite_from_text",
]
