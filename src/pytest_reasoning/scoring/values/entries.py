"""Reads one entry of a list: its text without markup, and the number it contains."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from pytest_reasoning.scoring.folding import folded
from pytest_reasoning.scoring.values.grammar.items import NUMERIC, items_of
from pytest_reasoning.scoring.values.grammar.words.characters import visible
from pytest_reasoning.scoring.values.grammar.words.tokens import tokens_of

LATEX_TEXT = re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|boxed|emph)\s*\{([^{}]{0,400})\}")
WHOLE_MARKS = re.compile(r"^(\*{1,3}|_{1,3}|`{1,3}|\${1,2}|~~)(?=\S)((?:(?!\1).)+)(?<=\S)\1$", re.DOTALL)
_QUOTES = "\"'"
_NAMES = frozenset(("word", "filler", "is", "stop", "open", "close", "eq", "dash"))
"Matches the text that may accompany the number of an entry: 9 chickens, chickens: 9, x = 9."
MOST_MARKS = 8
"Most nested pairs of marks that are removed."
MOST = 400
"Longest entry, in characters, that is searched for a number."


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of a list."""

    key: Fraction | str
    "The entry's number if it is one, otherwise its folded text."
    names: Fraction | None = field(default=None, compare=False)
    "The only number in an entry that also has a name or unit: 9 for `9 chickens`."

    def meanings(self) -> tuple[Fraction | str, ...]:
        """Return the values that equal this entry when a target's entry has them."""
        return (self.key,) if self.names is None else (self.key, self.names)


def plain(text: str) -> str:
    """Return an entry's text without the markup, quotation marks and full stop around it."""
    text = LATEX_TEXT.sub(r"\1", text.strip())
    for _ in range(MOST_MARKS):
        before = text
        if (marked := WHOLE_MARKS.match(text)) is not None:
            text = marked[2].strip()
        text = folded(text) if text[:1] in "“”‘’«»„「『" else text
        if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
            text = text[1:-1].strip()
        if len(text) > 1 and text[-1] in ".。!" and text[-2] not in ".!":
            text = text[:-1].rstrip()
        if text == before:
            break
    return text


@lru_cache(maxsize=4096)
def entry_of(text: str, *, ignore_case: bool) -> ListEntry | None:
    """Return the entry that a text holds, or None if it is empty."""
    bare = plain(text)
    if not bare:
        return None
    words = " ".join(folded(bare).split())
    key = words.casefold() if ignore_case else words
    if len(bare) > MOST:
        return ListEntry(key)
    seen = visible(bare)
    items = items_of(seen, tokens_of(seen), decimal_comma=False, bullets=False)
    numbers = [item for item in items if item.kind in NUMERIC]
    if len(numbers) != 1 or numbers[0].kind != "value" or numbers[0].number is None:
        return ListEntry(key)
    number = numbers[0].number
    value = number.amount / number.per
    others = [item for item in items if item.kind not in NUMERIC]
    if all(item.kind in ("open", "close", "stop") for item in others):
        return ListEntry(value)
    named = all(item.kind in _NAMES or (len(item.text) == 1 and item.text.isalpha()) for item in others)  # y = 10
    return ListEntry(key, value) if named else ListEntry(key)
