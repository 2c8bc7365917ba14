"""Recognizes texts given instead of an answer: that the model does not know, or the question repeated."""

from __future__ import annotations

import re
from functools import cache

from pytest_reasoning.scoring.where.markers import any_of, every
from pytest_reasoning.scoring.where.places import Said
from pytest_reasoning.scoring.where.statements import lowered


def evasion(text: str, said: Said) -> str | None:
    """Return what a text says instead of an answer, or None if it may be an answer.

    Args:
        text: the text found where the answer should be.
        said: the model's output, with the end of the question that it continues.
    """
    plain = _plain(text)
    if _unsure().fullmatch(plain) is not None:
        return "the model says that it does not know"
    asked = _plain(said.introduction)
    if asked and asked[-1] in "?？؟" and plain == asked:
        return "the model repeats the question"
    return None


def _plain(text: str) -> str:
    return " ".join(lowered(text).split()).strip(" .!\"'*_`")


@cache
def _unsure() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of(word.lower() for word in every('unsure'))})(?:[,.;:!。，\s].{{0,80}})?")
