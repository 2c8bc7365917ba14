"""What a reader makes of one place in a completion: a whole value, nothing, or a reason why it is no answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One answer, as it was written and as a value that can be compared."""

    written: str
    "The whole expression as the model wrote it, stripped."
    value: Any
    "Hashable and canonical: two readings with equal values are the same answer."


class Unread(Exception):
    """Something stands in the place, and it is no answer."""


class Ambiguous(Unread):
    """Several different answers are named; the text says which."""


class Unreadable(Unread):
    """An expression stands here that cannot be read whole; the text quotes it."""


class Reader(Protocol):
    """Reads one kind of value out of a place and compares two of them."""

    def read(self, text: str, *, stated: bool) -> Reading | None:
        """Return the answer in a place, None if nothing of the kind stands there; raise `Unread`."""
        ...

    def equal(self, answer: Reading, target: Reading) -> bool:
        """Say whether an answer is the target."""
        ...
