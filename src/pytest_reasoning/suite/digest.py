"""The hash of a suite: all that it asks and requires, but not where its file lies."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from pytest_reasoning.suite.suite import Suite

_PLACES = ("file", "line")
"Fields that say where something is written."


def suite_digest(suite: Suite) -> str:
    """Return a hash by which two machines see that they have the same suite; code in Python is not part of it."""
    rows: dict[str, Any] = {name: value for name, value in asdict(suite).items() if name not in (*_PLACES, "notes")}
    for cases in (rows["cases"], rows["fresh"]):
        for case in cases:
            for name in _PLACES:
                del case[name]
    text = json.dumps(rows, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
