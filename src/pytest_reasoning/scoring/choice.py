"""The scorer `choice`: which of the options a text picks, by letter or by its words; or by log-likelihood."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from pytest_reasoning.records import ChoiceScore, Score
from pytest_reasoning.scoring.answer import Ambiguous, Place, Response, compared, nothing_found, places, truncated
from pytest_reasoning.scoring.text import normalised

_LETTER = r"[A-Za-z]"
_WRAPPED = re.compile(rf"(?<!\w)[(\[{{]\s*({_LETTER})\s*[)\]}}]")
_LEADING = re.compile(
    rf"^[\s*_\"'`$(\[{{]*(?:(?i:option|choice|answer|letter)\s+)?[\s*_\"'`$(\[{{]*({_LETTER})(?P<after>[)\]}}.:,;*_\"'`$!?]+|\s|$)"
)
_OTHERS = re.compile(r"(?:\b(?:or|and)\b|[/,&])\s*(?i:option\s+|choice\s+)?[(\[*]*([A-Z])(?=[)\].,:;*]|\s*$)")
_LATEX_TEXT = re.compile(r"\\(?:text|mathrm|mathbf|textbf)\s*\{([^{}]*)\}")


def choice(response: Response, targets: Sequence[str], *, options: Sequence[str] = ()) -> Score:
    """Score correct if the option the text picks is the target, given as the option's text or its letter."""
    wanted = {index for target in targets if (index := index_of(target, options)) is not None}
    for place in places(response.text):
        try:
            picked = _picked(place, options)
        except Ambiguous as several:
            return Score(status="unparsed", answer=None, explanation=f"several options are named: {several}")
        if picked is None:
            continue
        whole = len(response.text.strip(" \n\t()[].*:")) == 1
        if response.cut and place.open_ended and not whole:
            return truncated("the tokens ran out before an answer", answer=None)
        return _judged(picked, wanted, options, targets)
    return nothing_found(response)


def choice_by_likelihood(
    scores: Sequence[ChoiceScore], targets: Sequence[str], options: Sequence[str], normalize: str
) -> Score:
    """Score correct if the target is the option with the highest log-likelihood.

    `normalize` divides it by nothing (`none`), its tokens, or its characters (lm-evaluation-harness's
    acc_norm); the first of equals is taken.
    """
    if len(scores) != len(options):
        return Score(
            status="error",
            answer=None,
            explanation=f"{len(scores)} log-likelihoods came for {len(options)} options",
        )
    parts = [{"none": 1, "tokens": score.tokens, "chars": score.chars}[normalize] for score in scores]
    values = [score.logprob / max(part, 1) for score, part in zip(scores, parts, strict=True)]
    wanted = {index for target in targets if (index := index_of(target, options)) is not None}
    return _judged(max(range(len(values)), key=lambda index: values[index]), wanted, options, targets)


def index_of(target: str, options: Sequence[str]) -> int | None:
    """Return which option a target means: its text first, then its letter; None if neither."""
    plain = normalised(target, ignore_case=True)
    for index, option in enumerate(options):
        if normalised(option, ignore_case=True) == plain:
            return index
    letter = plain.strip("()[].: ")
    return _index(letter, options) if len(letter) == 1 else None


def _index(letter: str, options: Sequence[str]) -> int | None:
    index = string.ascii_lowercase.find(letter.lower())
    return index if 0 <= index < len(options) else None


def _judged(picked: int, wanted: set[int], options: Sequence[str], targets: Sequence[str]) -> Score:
    letter = string.ascii_uppercase[picked] if picked < 26 else str(picked + 1)
    answer = f"({letter}) {options[picked]}"
    return compared(
        answer, targets, lambda _answer, target: index_of(target, options) in wanted and picked in wanted
    )


def _picked(place: Place, options: Sequence[str]) -> int | None:
    by_letter = _by_letter(place.text, options)
    return by_letter if by_letter is not None else _by_words(place.text, options)


def _by_letter(text: str, options: Sequence[str]) -> int | None:
    text = _LATEX_TEXT.sub(r"\1", text)
    leading = _LEADING.match(text)
    found: list[int] = []
    if leading is not None and (index := _index(leading[1], options)) is not None:
        rest = text[leading.end() :].strip()
        # "A dog" and "a" are words; a letter alone, before a mark, or before its own option is a pick.
        word = not leading["after"].strip() and rest and (leading[1] in "AI" or leading[1].islower())
        if not word or normalised(rest, ignore_case=True).startswith(normalised(options[index], ignore_case=True)):
            others = _OTHERS.findall(text[leading.end(1) :])
            found = [index, *(other for letter in others if (other := _index(letter, options)) is not None)]
    if not found:
        found = [index for match in _WRAPPED.finditer(text) if (index := _index(match[1], options)) is not None]
    if len(set(found)) > 1:
        raise Ambiguous(", ".join(string.ascii_uppercase[index] for index in dict.fromkeys(found)))
    return found[0] if found else None


def _by_words(text: str, options: Sequence[str]) -> int | None:
    plain = normalised(text, ignore_case=True)
    found: list[int] = []
    # Longest first, and each hit taken out, so that "red" is not found in "dark red".
    for index in sorted(range(len(options)), key=lambda i: -len(options[i])):
        option = normalised(options[index], ignore_case=True)
        pattern = rf"(?<!\w){re.escape(option)}(?!\w)"
        if option and re.search(pattern, plain):
            plain = re.sub(pattern, " ", plain)
            found.append(index)
    return found[0] if len(found) == 1 else None
