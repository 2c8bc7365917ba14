"""Limits the amount of text that is read from a long place."""

from __future__ import annotations

from pytest_reasoning.scoring.reading import Unreadable

MOST_TEXT = 4_000
"Most characters of a place that are read: the first ones of a stated answer, otherwise the last ones."


def window(text: str, *, stated: bool) -> str:
    """Return the part of a long place that is read, cut at white space so that no number is split."""
    if len(text) <= MOST_TEXT:
        return text
    part = text[:MOST_TEXT] if stated else text[-MOST_TEXT:]
    at = (
        max(part.rfind(" "), part.rfind("\n"))
        if stated
        else min((at for at in (part.find(" "), part.find("\n")) if at >= 0), default=-1)
    )
    if at < 0:
        raise Unreadable(f"'{part[:40]}…' has {len(text):,} characters without a space")
    return part[:at] if stated else part[at:]
