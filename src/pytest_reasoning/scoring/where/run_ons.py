"""Base models go on with a next question of their own: where it begins, what they were asked has ended."""

from __future__ import annotations

from collections.abc import Sequence


def without_run_on(text: str, next_question: Sequence[str]) -> str:
    """Return a text up to where the layout's next question begins; all of it if there is none.

    Args:
        text: what the model said.
        next_question: texts with which the layout that the prompt was written in goes on, see
            `prompting.layout`; white space at the beginning of the completion begins no question.
    """
    first = len(text) - len(text.lstrip())
    found = [place for start in next_question if (place := text.find(start, first)) >= 0]
    if not found:
        return text
    return text[: min(found)]
