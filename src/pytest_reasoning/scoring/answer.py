"""Where in a completion the answer stands: a stated final answer is preferred over anything said on the way.

Stated means `\\boxed{…}`, `#### …`, `final answer: …`, `the answer is …`, `Answer: …`. Of several the last one
counts, since models correct themselves. With none, the last line that is not empty is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_reasoning.records import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What the model said, its thinking taken away."""

    text: str
    cut: bool
    "Decoding ran out of tokens."


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A text in which the answer is looked for."""

    text: str
    "Up to the end of the sentence."
    line: str
    "Up to the end of the line."
    stated: bool
    "The model named it as its answer; else it is merely the last line."
    open_ended: bool
    "Nothing follows it, so a completion that ran out of tokens may have cut it short."


MARKER = r"""(?imx:
    (?: \#{4}\s*
      | \bfinal\s+(?:answer|result) (?:\s+is\b)? (?:[*_]{1,2}(?=\s|[:=]|$))? \s*[:=]?\s*
      | \b(?:answer|result|solution) (?:\s+to\s+[^.\n]{1,80}?)?
        \s+(?:is|was|would\s+be|must\s+be|should\s+be|equals)\b \s*:?\s*
      | ^[\s>*_\#-]{0,6} (?:the\s+)?(?:correct\s+)?(?:answer|result|solution) [*_]{0,2}\s*[:=]\s*
    ) (?:[*_]{1,2}(?=\s|$))?\s*
)"""
_MARKER = re.compile(MARKER)
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{")
_SENTENCE_END = re.compile(r"(?<=[\w)\]}%\"'*”’°$])[.!?](?=[*_\"'”’)]*(?:\s|$))|\n|(?<=\w)[;](?=\s)")
_STATED = (
    re.compile(
        rf"{MARKER}(?=\S)(?!(?i:not\b|n't))[^\n]*?"
        r"(?:\n|(?<=[\w)\]}%\"'*”’°$])[.!?][*_\"'”’)]*\s|(?<=\w);\s)"
    ),
    re.compile(r"\\(?:boxed|fbox)\s*\{[^{}]*\}"),
)
"A stated answer with its end."
_NOT_BUT = re.compile(r"(?is)^not\b.*?(?:\bbut(?:\s+rather)?|,\s*(?:it\s+is|it's|rather))\s+(.*)$")
_NOT = re.compile(r"(?i)^(?:not|n't)\b")


def places(text: str) -> list[Place]:
    """Return where an answer may stand, best first: the last stated answer to the first, then the last line."""
    found = sorted([*_boxed(text), *_marked(text)], key=lambda item: item[0], reverse=True)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = [Place(text=line, line=line, stated=False, open_ended=True) for line in lines[-1:]]
    return [*(place for _, place in found), *last]


def _marked(text: str) -> list[tuple[int, Place]]:
    found = []
    for marker in _MARKER.finditer(text):
        rest = text[marker.end() :]
        line = rest.split("\n", 1)[0].strip()
        if (instead := _NOT_BUT.match(line)) is not None:
            rest = line = instead[1]
        elif _NOT.match(line):
            continue  # "the answer is not 12" states no answer
        end = _SENTENCE_END.search(rest)
        answer = (rest[: end.start()] if end else rest).strip()
        if answer:
            found.append((marker.start(), Place(text=answer, line=line, stated=True, open_ended=end is None)))
    return found


def _boxed(text: str) -> list[tuple[int, Place]]:
    found = []
    for opening in _BOXED.finditer(text):
        depth, end = 1, opening.end()
        while end < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        inner = text[opening.end() : end - 1].strip()
        if not depth and inner:
            found.append((opening.start(), Place(text=inner, line=inner, stated=True, open_ended=False)))
    return found


def up_to_first(text: str) -> str:
    """Return a text up to the end of the first answer it states; all of it if it states none."""
    ends = [match.end() for rule in _STATED if (match := rule.search(text)) is not None]
    return text[: min(ends)] if ends else text


class Ambiguous(Exception):
    """A place that names several answers; the text says which."""


def judge(
    response: Response,
    targets: Sequence[str],
    extract: Callable[[Place], str | None],
    equal: Callable[[str, str], bool],
) -> Score:
    """Score the best place that holds an answer.

    `extract` returns the answer in a place, None if it holds none; `equal(answer, target)` compares. A place
    that the token limit may have cut short is `truncated`, right or wrong; one that names several answers
    (`extract` raises `Ambiguous`) is `unparsed`.
    """
    for place in places(response.text):
        try:
            answer = extract(place)
        except Ambiguous as several:
            return Score(status="unparsed", answer=None, explanation=f"several answers are named: {several}")
        if answer is None:
            continue
        if response.cut and place.open_ended:
            return truncated(f"the tokens ran out within or right after '{clipped(answer)}'", answer=None)
        return compared(answer, targets, equal)
    return nothing_found(response)


def compared(answer: str, targets: Sequence[str], equal: Callable[[str, str], bool]) -> Score:
    """Return correct or wrong for an answer that was found."""
    if any(equal(answer, target) for target in targets):
        return Score(status="correct", answer=answer, explanation=f"answered '{clipped(answer)}'")
    return Score(
        status="wrong", answer=answer, explanation=f"expected {shown(targets)}, answered '{clipped(answer)}'"
    )


def nothing_found(response: Response) -> Score:
    """Return the score of a response without an answer."""
    if response.cut:
        return truncated("the tokens ran out before an answer", answer=None)
    if not response.text.strip():
        return Score(status="unparsed", answer=None, explanation="the completion is empty")
    return Score(status="unparsed", answer=None, explanation="no answer was found in the completion")


def truncated(what: str, *, answer: str | None) -> Score:
    """Return the score of a response the token limit ended."""
    return Score(status="truncated", answer=answer, explanation=f"{what} (raise generation.max_tokens)")


def shown(targets: Sequence[str]) -> str:
    """Return the targets as a message shows them."""
    return " or ".join(f"'{clipped(target)}'" for target in targets[:4]) + (" or …" if len(targets) > 4 else "")


def clipped(text: str, limit: int = 80) -> str:
    """Return a text in one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
