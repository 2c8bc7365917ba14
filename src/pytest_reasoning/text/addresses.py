"""Network addresses as users write them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1")


def is_loopback(url: str) -> bool:
    """Return whether an address belongs to this machine, so that it needs no network."""
    return _LOOPBACK.fullmatch(urlsplit(url).hostname or "") is not None
