"""Checks that a tag, the version in pyproject.toml and the newest version in the changelog are the same.

python tools/check_release.py v0.2.0
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def problems(tag: str, project: str, changelog: str) -> list[str]:
    """Return what does not agree, in words."""
    version = re.search(r'^version = "([^"]+)"$', project, re.MULTILINE)
    newest = re.search(r"^## \[(\d[^\]]*)\] - \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE)
    found = []
    if version is None or tag != f"v{version[1]}":
        found.append(f"the tag is {tag}, and pyproject.toml says {version and version[1]}")
    if newest is None or tag != f"v{newest[1]}":
        found.append(f"the tag is {tag}, and the newest version in CHANGELOG.md is {newest and newest[1]}")
    return found


def main() -> int:
    """Print what does not agree; status 1 if anything does not."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "CHANGELOG.md")]
    found = problems(sys.argv[1], *texts)
    print("\n".join(found) or "tag, version and changelog agree")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
