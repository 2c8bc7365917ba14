"""Checks the given case ids, and makes missing ones from the content of the case."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

MAX_LENGTH = 100
MAX_MADE = 48
RESERVED = {"pass-rate": "gate", "baseline": "comparison"}
"Ids reserved for the suite's own items, and what these are."
_UNSAFE = re.compile(r"::|[\[\]\x00-\x1f\x7f-\x9f\u2028\u2029]")


def id_problem(name: str) -> str | None:
    """Return why `name` cannot be used in a node id, or None if it can."""
    if not name.strip() or name != name.strip():
        return f"the id '{name}' is empty or has spaces around it (give it a plain name)"
    if unsafe := _UNSAFE.search(name):
        return f"the id {name!r} holds {unsafe[0]!r}, which node ids cannot (use letters, digits and '-')"
    if len(name) > MAX_LENGTH:
        return f"the id '{name[:40]}…' is longer than {MAX_LENGTH} characters (shorten it)"
    if name in RESERVED:
        return f"the id '{name}' is the {RESERVED[name]}'s own name (choose another)"
    return None


def made_id(variables: Mapping[str, Any], prompt: str) -> str:
    """Return an id made from a case's variables (the prompt if there are none): `Larry Page` gives larry-page."""
    content = " ".join(_plain(value) for value in variables.values()) if variables else prompt
    slug = "-".join("".join(c if c.isalnum() else " " for c in content.lower()).split())
    if not slug or len(slug) > MAX_MADE or slug in RESERVED:
        head = slug[: MAX_MADE - 9].rstrip("-")
        return f"{head}-{content_hash(variables, prompt)}" if head else f"case-{content_hash(variables, prompt)}"
    return slug


def content_hash(variables: Mapping[str, Any], prompt: str) -> str:
    """Return a hash of this content, as eight hex digits."""
    content = json.dumps([variables, prompt], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(_plain(entry) for pair in value.items() for entry in pair)
    if isinstance(value, list | tuple):
        return " ".join(_plain(entry) for entry in value)
    return str(value)
