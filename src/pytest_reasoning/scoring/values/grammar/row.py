"""The tokens of one place with ways to look at them that never run past an end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_reasoning.scoring.values.grammar.words import wording as w
from pytest_reasoning.scoring.values.grammar.words.tokens import Token

DASHES = "-\u2212\u2013"
_JOINING = frozenset((".", "-", ":", "/", "_", "\u2212", "\u2013", "+", "^", "{", "}", "(", ")", ","))


@dataclass(frozen=True, slots=True)
class Row:
    """The tokens of one place and how its numbers are written."""

    tokens: Sequence[Token]
    decimal_comma: bool = False
    bullets: bool = False
    "A hyphen and a space at the beginning of the text are a bullet."

    def text(self, at: int) -> str:
        """Return the text of a token, empty past the ends."""
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def kind(self, at: int) -> str:
        """Return the kind of a token, empty past the ends."""
        return self.tokens[at].kind if 0 <= at < len(self.tokens) else ""

    def glued(self, at: int) -> bool:
        """Say whether a token stands directly after the one before it."""
        return 0 <= at < len(self.tokens) and self.tokens[at].glued

    def operator(self, at: int) -> str:
        """Return the symbol a token stands for: × of \\times."""
        if self.kind(at) == "latex":
            return w.LATEX_OPERATORS.get(self.tokens[at].text[1:], "")
        return self.text(at)

    def rest_of_name(self, end: int) -> int:
        """Return where a run of glued tokens ends: all of 2024-03-31, 1.2.3-rc4, 42abc."""
        while end < len(self.tokens) and self.tokens[end].glued:
            token = self.tokens[end]
            inner = token.text in (".", "-", ":", "/", "_", "\u2212", "\u2013", "+", "^", "{", "}", "(", ")", ",")
            joins = inner and end + 1 < len(self.tokens) and self.tokens[end + 1].glued
            if token.kind not in ("num", "word", "sup", "vulgar", "cjk") and not joins:
                break
            if inner and self.kind(end + 1) not in ("num", "word"):
                break
            end += 1
        return end
