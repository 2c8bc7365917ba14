"""The library of suites that comes with the package, in real-world wording; `find` returns their files."""

from pytest_reasoning.library.catalog import FAMILIES, LANGUAGES, Family
from pytest_reasoning.library.find import families, find

__all__ = ["FAMILIES", "LANGUAGES", "Family", "families", "find"]
