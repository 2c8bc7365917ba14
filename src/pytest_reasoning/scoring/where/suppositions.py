"""Recognizes sentences that name an answer and do not give it: questions, and what would be so in another case."""

from __future__ import annotations

import re
from functools import cache

from pytest_reasoning.scoring.where.markers import Language, any_of, every
from pytest_reasoning.scoring.where.sentences import CLOSERS, sentence_end

MOST_SENTENCE = 400
"Most characters of a sentence that are looked at."
_BREAK = re.compile(r"[.!?\n](?=\s|$)|[。！？।]")


def asks(text: str, begin: int) -> bool:
    """Return whether the sentence is a question in which a statement's content begins: `The answer is 7?`."""
    end = sentence_end(text, begin, begin + MOST_SENTENCE)
    return end is not None and text[begin:end].rstrip(f"{CLOSERS} ")[-1:] in ("?", "？", "؟")


def supposed_until(small: str, start: int, verb: str, end: int, language: Language) -> int | None:
    """Return the end of a sentence that tells what would be the answer if something were so, and that it is not.

    Args:
        small: the whole text in lower case.
        start: where the statement begins.
        verb: what joins its noun and the answer.
        end: where the answer begins.
        language: the statement's language.
    """
    would, if_, yet = _contrast(language)
    if would.search(verb) is None:
        return None
    before = _BREAK.split(small[max(0, start - MOST_SENTENCE) : start])[-1]
    stop = sentence_end(small, end, end + MOST_SENTENCE) or min(len(small), end + MOST_SENTENCE)
    after = small[end:stop]
    return stop if (if_.search(before) or if_.search(after)) and yet.search(after) else None


def offers_another(text: str) -> bool:
    """Return whether a place gives one answer for one case and another for the other: `7 if …, otherwise 9`."""
    found = _otherwise().search(text[:MOST_SENTENCE])
    return found is not None and any(character.isalnum() for character in text[found.end() :])


@cache
def _contrast(language: Language) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    def words(listed: tuple[str, ...]) -> re.Pattern[str]:
        return re.compile(rf"(?<![^\W_])(?:{any_of(listed)})(?![^\W_])")

    return words(language.would), words(language.if_), words(language.yet)


@cache
def _otherwise() -> re.Pattern[str]:
    return re.compile(
        rf"(?i)(?<![^\W_])(?:{any_of(every('if_'))})(?![^\W_])[^.\n]*?[,;][ \t]*"
        rf"(?:{any_of(every('otherwise'))})(?![^\W_])"
    )
