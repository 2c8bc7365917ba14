"""The versions of installed packages, for reports, keys and baselines."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def installed_version(distribution: str) -> str:
    """Return the version of an installed package, or an empty text if it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
