"""The scorer `boolean`: yes or no, true or false, in context."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.answer import Ambiguous, Place, Response, compared, nothing_found, places, truncated

_WORDS = {"yes": True, "yeah": True, "yep": True, "true": True, "correct": True, "right": True} | {
    "no": False,
    "nope": False,
    "false": False,
    "incorrect": False,
    "wrong": False,
}
_ANY = re.compile(rf"(?i)(?P<negated>\b(?:not|isn't|n't|never)\s+(?:\w+\s+)?)?\b(?P<word>{'|'.join(_WORDS)})\b")
_LEADING = re.compile(
    rf"(?i)^[\s*_\"'`(]*(?:(?:so|thus|hence|therefore|well|ok|okay|answer|a)\b[,:]?\s*)*[*_\"'`(]*"
    rf"(?P<negated>not\s+)?(?P<word>{'|'.join(_WORDS)})\b"
)


def boolean(response: Response, targets: Sequence[str]) -> Score:
    """Score correct if the text says what the target says; `yes`, `true` and `correct` mean the same."""
    found = places(response.text)
    lines = [place for place in found if not place.stated]
    first = Place(text=response.text.strip(), line="", stated=True, open_ended=False)
    try:
        for place, leading in (
            *((place, False) for place in found if place.stated),
            *((place, True) for place in lines),
            (first, True),
            *((place, False) for place in lines),
        ):
            said = _leading(place.text) if leading else _said(place.text)
            if said is None:
                continue
            if response.cut and place.open_ended and len(response.text.split()) > 1:
                return truncated("the tokens ran out before an answer", answer=None)
            return compared("yes" if said else "no", targets, lambda a, t: truth_of(t) is (a == "yes"))
    except Ambiguous as several:
        return Score(status="unparsed", answer=None, explanation=f"both are named: {several}")
    return nothing_found(response)


def truth_of(text: str) -> bool | None:
    """Return what a target means, None if it is neither."""
    return _WORDS.get(text.strip().casefold())


def _leading(text: str) -> bool | None:
    match = _LEADING.match(text)
    return None if match is None else _WORDS[match["word"].casefold()] is not bool(match["negated"])


def _said(text: str) -> bool | None:
    if (leading := _leading(text)) is not None and not re.search(r"(?i)\bor\b", text):
        return leading
    values = {_WORDS[match["word"].casefold()] is not bool(match["negated"]) for match in _ANY.finditer(text)}
    if len(values) > 1:
        raise Ambiguous(text)
    return values.pop() if values else None
