"""Scorers that compare texts: exact, contains and regex."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import regex

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.answer import (
    Place,
    Response,
    clipped,
    compared,
    judge,
    nothing_found,
    places,
    shown,
    truncated,
)
from pytest_reasoning.text.errors import ScorerError

REGEX_TIMEOUT_S = 1.0
_QUOTES = "\"'`“”‘’«»"
_PREFIX = re.compile(r"^(?:A|Answer)\s*[:=]\s*", re.IGNORECASE)
_LATEX_TEXT = re.compile(r"\\(?:text|mathrm|mathbf|textbf)\s*\{([^{}]*)\}")
_MARKDOWN = re.compile(r"^(\*{1,3}|_{1,3}|`{1,3}|\$)(.+?)\1$", re.DOTALL)


@lru_cache(maxsize=1024)
def normalised(text: str, *, ignore_case: bool = False) -> str:
    """Return a text as `exact` compares it.

    NFKC; one space for any run of white space; markup, quotes and a final full stop around the whole
    answer removed; in lower case if `ignore_case`.
    """
    text = " ".join(unicodedata.normalize("NFKC", _LATEX_TEXT.sub(r"\1", text)).split())
    before = None
    while text != before:
        before = text
        if (marked := _MARKDOWN.match(text)) is not None:
            text = marked[2].strip()
        if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
            text = text[1:-1].strip()
        if len(text) > 1 and text[-1] in ".。" and text[-2] != ".":
            text = text[:-1].rstrip()
    return text.casefold() if ignore_case else text


def exact(response: Response, targets: Sequence[str], *, ignore_case: bool = False) -> Score:
    """Score correct if the answer, normalised, equals a target, normalised."""
    wanted = {normalised(target, ignore_case=ignore_case) for target in targets}

    def extract(place: Place) -> str | None:
        candidates = [place.text, place.line] if place.stated else [place.text, _PREFIX.sub("", place.text)]
        for candidate in candidates:
            if normalised(candidate, ignore_case=ignore_case) in wanted:
                return normalised(candidate)
        return normalised(candidates[0 if place.stated else -1]) or None

    return judge(
        response,
        targets,
        extract,
        lambda answer, target: (
            normalised(answer, ignore_case=ignore_case) == normalised(target, ignore_case=ignore_case)
        ),
    )


_NEGATION = re.compile(r"(?i)(?:\bnot|n't|\bno|\bnever|\bneither|\bnor)\s+(?:(?:a|an|the|be|it)\s+)?[*_\"'`(]*$")


def contains(response: Response, targets: Sequence[str], *, ignore_case: bool = True, words: bool = True) -> Score:
    """Score correct if a target stands in the text, as whole words if `words`, and not right after a negation."""
    text = normalised(response.text, ignore_case=ignore_case)
    for target in targets:
        plain = re.escape(normalised(target, ignore_case=ignore_case))
        for match in re.finditer(rf"(?<![\w.,])(?<!\d[.,]){plain}(?!\w|[.,]\d)" if words else plain, text):
            if not _NEGATION.search(text[: match.start()]):
                return Score(status="correct", answer=match[0], explanation=f"found '{clipped(match[0])}'")
    if response.cut:
        return truncated("the tokens ran out before a target was named", answer=None)
    last = next((place.text for place in places(response.text)), None)
    if last is None:
        return nothing_found(response)
    return Score(status="wrong", answer=last, explanation=f"{shown(targets)} is not in the completion")


def regex_(
    response: Response, targets: Sequence[str], *, pattern: str | None = None, ignore_case: bool = False
) -> Score:
    """Score by a regular expression.

    Without `pattern` each target is a pattern and must be found. With it, the last match is the answer (its
    group `answer`, else its first group, else all of it) and must equal a target. Raises `ScorerError` when
    the search takes over a second.
    """
    flags = regex.IGNORECASE if ignore_case else 0
    if pattern is None:
        for target in targets:
            if (found := _last_match(target, response.text, flags)) is not None:
                return Score(status="correct", answer=found, explanation=f"found '{clipped(found)}'")
        if response.cut:
            return truncated("the tokens ran out before a match", answer=None)
        last = next((place.text for place in places(response.text)), None)
        return Score(status="wrong", answer=last, explanation=f"nothing matches {shown(targets)}")
    stated = [place.text for place in places(response.text) if place.stated]
    for text in (*stated, response.text):
        if (found := _last_match(pattern, text, flags)) is not None:
            return compared(
                found,
                targets,
                lambda a, t: normalised(a, ignore_case=ignore_case) == normalised(t, ignore_case=ignore_case),
            )
    return nothing_found(response)


def _last_match(pattern: str, text: str, flags: int) -> str | None:
    try:
        matches = list(regex.finditer(pattern, text, flags=flags, timeout=REGEX_TIMEOUT_S))
    except TimeoutError:
        raise ScorerError(
            f"the regular expression '{clipped(pattern)}' took over {REGEX_TIMEOUT_S:g} s (make it simpler)"
        ) from None
    except regex.error as error:
        raise ScorerError(f"not a regular expression: {error} (correct '{clipped(pattern)}')") from None
    if not matches:
        return None
    match = matches[-1]
    if "answer" in match.groupdict():
        return match["answer"]
    return match[1] if match.re.groups else match[0]
