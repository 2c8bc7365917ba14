"""What a page's script reads: the block of compressed cases."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import Any


def shown_document(page: str) -> dict[str, Any]:
    """Return the page's data."""
    packed = re.search(r'<script type="text/plain" id="data">([A-Za-z0-9+/=]+)</script>', page)
    assert packed is not None
    document: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    return document


def shown_cases(page: str) -> list[dict[str, Any]]:
    """Return the cases that the page shows."""
    cases: list[dict[str, Any]] = shown_document(page)["cases"]
    return cases
