"""Lets the site show pages as GitHub does: a list may follow a paragraph without an empty line between them."""

from __future__ import annotations

import re
from typing import Any

ITEM = re.compile(r"(?:[-*]|\d+\.) ")
FENCE = re.compile(r" *(```|~~~)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put an empty line before each list that follows a paragraph; MkDocs calls this for every page."""
    lines: list[str] = []
    fenced = False
    for line in markdown.split("\n"):
        before = lines[-1] if lines else ""
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced and ITEM.match(line) and before.strip() and not _in_list(before):
            lines.append("")
        lines.append(line)
    return "\n".join(lines)


def _in_list(line: str) -> bool:
    return bool(ITEM.match(line)) or line.startswith(" ")
