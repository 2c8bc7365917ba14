"""The tokens of one place, with accessors that accept any index."""

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
    "Whether a hyphen and a space at the beginning of the text are read as a bullet."

    def text(self, at: int) -> str:
        """Return the text of a token, or an empty text if the index is out of range."""
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def kind(self, at: int) -> str:
        """Return the kind of a token, or an empty text if the index is out of range."""
        return self.tokens[at].kind if 0 <= at < len(self.tokens) else ""

    def glued(self, at: int) -> bool:
        """Return whether a token directly follows the previous one, without a space."""
        return 0 <= at < len(self.tokens) and self.tokens[at].glued

    def operator(self, at: int) -> str:
        """Return the symbol that a token stands for, such as × for \\times."""
        if self.kind(at) == "latex":
            return w.LATEX_OPERATORS.get(self.tokens[at].text[1:], "")
        return self.text(at)

    def rest_of_name(self, end: int) -> int:
        """Return where a run of tokens without spaces ends, such as 2024-03-31, 1.2.3-rc4 or 42abc."""
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
