"""Loads the words of twelve languages that introduce, deny and end an answer from `markers.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("markers.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The words of one language; `markers.yaml` describes each list."""

    code: str
    spaced: bool = True
    "Whether words are written with spaces between them."
    glued: bool = False
    "Whether particles are attached to the end of a noun, as in Korean."
    verb_last: bool = False
    "Whether the verb may follow the answer, as in Hindi."
    answer: tuple[str, ...] = ()
    result: tuple[str, ...] = ()
    with_: tuple[str, ...] = ()
    is_: tuple[str, ...] = ()
    surely: tuple[str, ...] = ()
    pick: tuple[str, ...] = ()
    hence: tuple[str, ...] = ()
    option: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    if_: tuple[str, ...] = ()
    would: tuple[str, ...] = ()
    yet: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    wrongly: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    closers: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    retract: tuple[str, ...] = ()
    it: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()


@cache
def languages() -> tuple[Language, ...]:
    """Return the languages whose markers are known."""
    # BaseLoader reads every word as text: `yes`, `no`, `true` and `false` are words here
    found: dict[str, dict[str, Any]] = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return tuple(
        Language(code=code, **{_field(key): _value(value) for key, value in words.items()})
        for code, words in found.items()
    )


@cache
def every(kind: str) -> tuple[str, ...]:
    """Return the words of one kind in all languages, the longest first."""
    words = {word for language in languages() for word in getattr(language, kind)}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


def any_of(words: Iterable[str]) -> str:
    """Return a pattern for any of the words, the longest first; a space in a word matches any white space.

    Words that begin alike share their beginning in the pattern, because `re` tries alternatives one by one.
    """
    return _any_of(sorted({" ".join(word.split()) for word in words})) or r"(?!)"


def _any_of(words: Sequence[str]) -> str:
    rests = [
        (r"[ \t]+" if letter == " " else re.escape(letter)) + _any_of([word[1:] for word in alike])
        for letter, alike in groupby(filter(None, words), key=itemgetter(0))
    ]
    ends = bool(rests) and "" in words
    pattern = f"(?:{'|'.join(rests)})" if ends or len(rests) > 1 else "".join(rests)
    return f"{pattern}?" if ends else pattern


def _field(key: str) -> str:
    return f"{key}_" if key in ("with", "is", "not", "if") else key


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value == "true"
