"""The library of suites that comes with the package, in real-world wording; `find` returns their files."""

from pytest_reasoning.library.catalog import FAMILIES, LANGUAGES, SUITES, Family
from pytest_reasoning.library.find import file_of, find

__all__ = ["FAMILIES", "LANGUAGES", "SUITES", "Family", "file_of", "find"]
