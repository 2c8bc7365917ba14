"""Patterns for lists of words prefer the longest word, whatever beginnings the words share."""

from __future__ import annotations

import random
import re

import pytest

from pytest_reasoning.scoring.where.markers import Language, any_of, every

KINDS = sorted(set(Language.__dataclass_fields__) - {"code", "spaced", "glued", "verb_last"})


def one_by_one(words: tuple[str, ...]) -> str:
    """Return the plain pattern, which tries one word after the other, the longest first."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(r"[ \t]+".join(re.escape(part) for part in word.split()) for word in ordered)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flags", [0, re.IGNORECASE])
def test_words_that_share_their_beginning_are_found_like_words_tried_one_by_one(kind: str, flags: int) -> None:
    words, draw = every(kind), random.Random(kind)
    for behind in ("", r"(?![^\W_])"):
        shared = re.compile(f"(?:{any_of(words)}){behind}", flags)
        plain = re.compile(f"(?:{one_by_one(words)}){behind}", flags)
        for _ in range(50):
            parts = [
                draw.choice(words)[: draw.choice([2, 5, 99])] + draw.choice(["", " ", "\t ", "s."])
                for _ in "12345678"
            ]
            text = "".join(parts)
            assert [found.span() for found in shared.finditer(text)] == [
                found.span() for found in plain.finditer(text)
            ]


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        (["answer", "answers"], "answers", "answers"),
        (["answer", "answers"], "answered", "answer"),
        (["go", "go with", "gone"], "go \t with", "go \t with"),
        (["a.b", "a+"], "a+b a.b", "a+"),
        ([], "anything", None),
        ([""], "anything", None),
    ],
)
def test_the_longest_of_several_words_is_found(words: list[str], text: str, found: str | None) -> None:
    match = re.search(any_of(words), text)
    assert (None if match is None else match[0]) == found
