"""The scorers `list` and `set`: several answers, in order or in any order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.answer import Place, Response, judge
from pytest_reasoning.scoring.number import numbers_in
from pytest_reasoning.scoring.values.text import normalised

_BULLET = re.compile(r"^\s*(?:[-*•+]|\(?\d{1,3}[.)])\s+(?P<item>.+?)\s*$")
_BRACKETS = ("[]", "()", "{}")


def list_(
    response: Response, targets: Sequence[str], *, separator: str | None = None, ignore_case: bool = True
) -> Score:
    """Score correct if the items are a target's, in its order."""
    return _several(response, targets, separator, ignore_case, lambda found, wanted: found == wanted)


def set_(
    response: Response, targets: Sequence[str], *, separator: str | None = None, ignore_case: bool = True
) -> Score:
    """Score correct if the items are a target's, in any order; a repeated item counts once."""
    return _several(response, targets, separator, ignore_case, lambda found, wanted: set(found) == set(wanted))


def _several(
    response: Response,
    targets: Sequence[str],
    separator: str | None,
    ignore_case: bool,
    same: Callable[[list[str], list[str]], bool],
) -> Score:
    bullets = _trailing_bullets(response.text)

    def extract(place: Place) -> str | None:
        if not place.stated and len(bullets) > 1:
            return "\n".join(bullets)
        return (place.line if place.stated else place.text) or None

    return judge(
        response,
        targets,
        extract,
        lambda answer, target: same(
            items_of(answer, separator, ignore_case=ignore_case),
            items_of(target, separator, ignore_case=ignore_case),
        ),
    )


def items_of(text: str, separator: str | None, *, ignore_case: bool) -> list[str]:
    """Return the items of a text: a JSON array, lines, or parts between `separator` (default: commas, `;`, and)."""
    text = normalised(text.strip()) if "\n" not in text.strip() else text.strip()
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if isinstance(values, list):
        parts = [str(value) for value in values]
    else:
        if len(text) > 1 and text[0] + text[-1] in _BRACKETS:
            text = text[1:-1]
        if separator is not None:
            parts = text.split(separator)
        elif "\n" in text:
            parts = text.split("\n")
        else:
            parts = re.split(r"\s*[,;]\s*(?:and\s+|or\s+)?|\s+and\s+", text)
            parts = text.split() if len(parts) == 1 and not re.search(r"[,;]", text) else parts
    return [_plain(part, ignore_case) for part in parts if part.strip()]


def _plain(part: str, ignore_case: bool) -> str:
    text = normalised(part, ignore_case=ignore_case)
    numbers = numbers_in(text)
    return str(numbers[0][1]) if len(numbers) == 1 and numbers[0][0] == text else text


def _trailing_bullets(text: str) -> list[str]:
    items: list[str] = []
    for line in reversed([line for line in text.splitlines() if line.strip()]):
        match = _BULLET.match(line)
        if match is None:
            break
        items.append(match["item"])
    return items[::-1]
