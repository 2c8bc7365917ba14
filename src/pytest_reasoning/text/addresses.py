"""Network addresses as users write them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1")


def is_loopback(url: str) -> bool:
    """Tell whether an address is one of this machine, which needs no network."""
    return _LOOPBACK.fullmatch(urlsplit(url).hostname or "") is not None
