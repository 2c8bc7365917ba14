"""Removes keys from all texts about a server or from it, before they are shown, written or logged.

A server may repeat a key in any answer, and some addresses have one in their path. Known keys are replaced wherever
they occur, even in the log of the HTTP client.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

SHOWN = "[key]"
LEAST_CHARS = 8
"Shorter texts are not treated as keys: `none` and `EMPTY` are common placeholders, and also occur in answers."

HTTP_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
"Names under which the HTTP client logs addresses and headers."

_KEY_LIKE = re.compile(
    r"(?:sk|pk|rk|hf|gsk|key|api|xai|pat|tok|token)[-_][A-Za-z0-9_-]{8,}"
    r"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?=[A-Za-z0-9_]{0,200}[0-9])(?=[A-Za-z0-9_]{0,200}[A-Za-z])[A-Za-z0-9_]{20,}"
)
"Matches a part of a path that looks like a key: by its prefix, as a UUID, or as 20 letters and digits in a row."


class Redaction:
    """Removes the keys of one server from texts."""

    def __init__(self, *, keys: Iterable[str] = (), address: str = "") -> None:
        """Take the keys that are sent, and the server's address, whose path may contain another."""
        found = [key for key in (*keys, *_keys_in(address)) if len(key) >= LEAST_CHARS]
        forms = {
            form for key in found for form in (key, quote(key, safe=""), json.dumps(key)[1:-1], repr(key)[1:-1])
        }
        # The longest come first, because one key may be the beginning of another.
        self.forms: tuple[str, ...] = tuple(sorted(forms, key=lambda form: (-len(form), form)))

    def __call__(self, text: str) -> str:
        """Return the text with every key replaced by `[key]`."""
        for form in self.forms:
            text = text.replace(form, SHOWN)
        return text


def shown_address(address: str) -> str:
    """Return an address with `[key]` for each part of its path that looks like a key."""
    return Redaction(address=address)(address)


def keep_out_of_logs(redaction: Redaction, loggers: Iterable[str]) -> None:
    """Apply a redaction to everything that these loggers log from now on, in any thread."""
    for name in loggers:
        _filter_of(name).add(redaction)


class _KeyFilter(logging.Filter):
    """Redacts the messages of one logger; it does not see those of loggers below it."""

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
