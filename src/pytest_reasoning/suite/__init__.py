"""Suite files: YAML text → validated `Suite` with line numbers; templates and generators."""

from pytest_reasoning.suite.load import Extensions, load_suite, suite_from_text
from pytest_reasoning.suite.suite import Suite

__all__ = ["Extensions", "Suite", "load_suite", "suite_from_text"]
