"""Limits how much of a long place is read."""

from __future__ import annotations

from pytest_reasoning.scoring.reading import Unreadable

MOST_TEXT = 4_000
"Characters of a place that are read: its first where an answer is stated, else its last."


def window(text: str, *, stated: bool) -> str:
    """Return as much of a long place as is read, cut at white space so that no number is cut."""
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
