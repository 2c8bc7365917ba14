"""What the tables of the value grammars share: a text read, as a short text that a row can hold."""

from __future__ import annotations

from pytest_reasoning.scoring.reading import Ambiguous, Reader, Unreadable

UNREADABLE, SEVERAL, NOTHING = "unreadable", "several", "nothing"
"""What a row expects of a text that is no answer."""


def verdict(reader: Reader, text: str, target: str, *, stated: bool = True) -> str:
    """Return `right` or `wrong`, or why the text is no answer."""
    wanted = reader.read(target, stated=True)
    assert wanted is not None, f"the target {target!r} of a row cannot be read"
    try:
        found = reader.read(text, stated=stated)
    except Ambiguous:
        return SEVERAL
    except Unreadable:
        return UNREADABLE
    if found is None:
        return NOTHING
    return "right" if reader.equal(found, wanted) else "wrong"
