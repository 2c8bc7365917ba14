"""The interface of readers, step two of scoring: a reader turns the text of a place into an answer.

A reader gets one place at a time and reads the whole expression there. It never picks a suitable part of it: what
cannot be read completely is not an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One answer as a reader understood it."""

    written: str
    "The whole expression as the model wrote it, without surrounding white space."
    value: Any
    "Hashable and canonical: two readings with equal values are the same answer, and votes count them as one."


class Unread(Exception):
    """The text of a place is not an answer; the message says why."""


class Ambiguous(Unread):
    """A place names several different answers; the message says which."""


class Unreadable(Unread):
    """A place holds an expression that cannot be read whole; the message quotes it."""


class Reader(Protocol):
    """Reads answers of one type, and targets by the same rules."""

    def read(self, text: str, *, stated: bool) -> Reading | None:
        """Return the answer that stands in `text`, None where nothing of this type does.

        Args:
            text: one place, cut to its sentence or lines, with its markup.
            stated: the model or the strategy introduced it as the answer; False: it is merely the last line.

        Raises:
            Ambiguous: several different answers are named.
            Unreadable: an expression stands there that cannot be read whole.
        """

    def equal(self, answer: Reading, target: Reading) -> bool:
        """Whether an answer is as good as a target."""
