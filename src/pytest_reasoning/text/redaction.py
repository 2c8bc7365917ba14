"""Keys, taken out of every text that came from a server or names one, before it is shown, written or logged.

A server may send a key back in whatever it says, and some addresses hold one in their path. What is known to be a
key is replaced wherever it stands, also in the log of an HTTP client.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

SHOWN = "[key]"
LEAST_CHARS = 8
"Shorter texts are no keys: `none` and `EMPTY` stand for one where a server asks for none, and occur in answers."

HTTP_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
"Names under which the HTTP client logs addresses and headers."

_KEY_LIKE = re.compile(
    r"(?:sk|pk|rk|hf|gsk|key|api|xai|pat|tok|token)[-_][A-Za-z0-9_-]{8,}"
    r"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?=[A-Za-z0-9_]{0,200}[0-9])(?=[A-Za-z0-9_]{0,200}[A-Za-z])[A-Za-z0-9_]{20,}"
)
"A part of an address's path that is a key: by its beginning, as a UUID, or as 20 letters and digits in a row."


class Redaction:
    """Takes the keys of one server out of texts."""

    def __init__(self, *, keys: Iterable[str] = (), address: str = "") -> None:
        """Take the keys that are sent, and the address, whose path may hold another."""
        found = [key for key in (*keys, *_keys_in(address)) if len(key) >= LEAST_CHARS]
        forms = {
            form for key in found for form in (key, quote(key, safe=""), json.dumps(key)[1:-1], repr(key)[1:-1])
        }
        # The longest first: one key may begin like another.
        self.forms: tuple[str, ...] = tuple(sorted(forms, key=lambda form: (-len(form), form)))

    def __call__(self, text: str) -> str:
        """Return a text in which `[key]` stands for every key."""
        for form in self.forms:
            text = text.replace(form, SHOWN)
        return text


def shown_address(address: str) -> str:
    """Return an address as it may be shown, `[key]` for each part of its path that looks like one."""
    return Redaction(address=address)(address)


def keep_out_of_logs(redaction: Redaction, loggers: Iterable[str]) -> None:
    """Let what is logged under these names go through a redaction, from now on and in whatever thread."""
    for name in loggers:
        _filter_of(name).add(redaction)


class _KeyFilter(logging.Filter):
    """Redacts what one logger says; it hears only what is logged under this very name, not under names below it."""

    def __init__(self) -> None:
        super().__init__()
        self._redactions: dict[tuple[str, ...], Redaction] = {}

    def add(self, redaction: Redaction) -> None:
        if redaction.forms:
            self._redactions[redaction.forms] = redaction

    def filter(self, record: logging.LogRecord) -> bool:
        said = shown = record.getMessage()
        for redaction in list(self._redactions.values()):
            shown = redaction(shown)
        if shown != said:
            record.msg, record.args = shown, ()
        return True


def _filter_of(name: str) -> _KeyFilter:
    logger = logging.getLogger(name)
    for found in logger.filters:
        if isinstance(found, _KeyFilter):
            return found
    made = _KeyFilter()
    logger.addFilter(made)
    return made


def _keys_in(address: str) -> list[str]:
    try:
        parts = urlsplit(address).path.split("/")
    except ValueError:
        return []
    return [part for part in parts if _KEY_LIKE.fullmatch(part)]
