"""Guesses what a completion says next, from where its text has ended alike before (prompt lookup, Saxena 2023).

A step has a multiple of 4 rows, and those that no request needs can verify a guess at no cost: a right one saves
a step, a wrong one leaves nothing behind. The bits do not depend on it, because the rows of a call do not influence
each other. More rows than those cost as much as they save (`benchmarks/speculation.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

ENDS = (4, 3, 2)
"Lengths of the last tokens that are looked for earlier in the text, the longest first."


class Lookup:
    """The text of one request, with what has followed each of its short pieces."""

    __slots__ = ("_following", "_indexed", "_prompt", "_text")

    def __init__(self, prompt: Sequence[int]) -> None:
        """Take the prompt's tokens."""
        self._text = list(prompt)
        self._prompt = len(self._text)
        self._following: dict[tuple[int, ...], int] = {}
        "Where the last text after these tokens begins."
        self._indexed = 0

    def draft(self, out: Sequence[int], most: int) -> tuple[int, ...]:
        """Return up to `most` tokens that may follow the prompt and the decoded tokens `out`; often none.

        Args:
            out: all tokens decoded so far; it only grows from call to call.
            most: the longest draft.
        """
        text = self._text
        text += out[len(text) - self._prompt :]
        for place in range(self._indexed, len(text)):
            for size in ENDS:
                if place >= size:
                    self._following[tuple(text[place - size : place])] = place
        self._indexed = len(text)
        places = (self._following.get(tuple(text[-size:])) for size in ENDS)
        found = next((one for one in places if one is not None), len(text))
        return tuple(text[found : found + most])
