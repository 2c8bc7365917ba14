"""The library: suites of real-world wording that come with the package; `find` names their files."""

from pytest_reasoning.library.catalog import FAMILIES, LANGUAGES, Family
from pytest_reasoning.library.find import families, find

__all__ = ["FAMILIES", "LANGUAGES", "Family", "families", "find"]
