"""Prints the lowest version that pyproject.toml allows of each dependency, as constraints for pip.

    python tools/lowest.py > lowest.txt && pip install -c lowest.txt '.[test]'

It covers what a user gets (the core and its extras), not the tools that only check the code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EXTRAS = ("hub", "endpoint", "html", "parquet", "math")
"Extras of users; `test` and `docs` hold tools."


def lowest(project: dict[str, Any]) -> Iterator[str]:
    """Yield a constraint for each dependency that has a lower bound."""
    extras = project["optional-dependencies"]
    for text in [*project["dependencies"], *(text for name in EXTRAS for text in extras[name])]:
        requirement = Requirement(text)
        for one in requirement.specifier:
            if one.operator in (">=", "~="):
                yield f"{requirement.name}=={one.version}"


def main() -> None:
    """Print the constraints."""
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    print("\n".join(lowest(tomllib.loads(text)["project"])))


if __name__ == "__main__":
    main()
