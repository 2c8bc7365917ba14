"""Base models go on with a next question of their own: where it begins, the answer has ended."""

from __future__ import annotations

from collections.abc import Sequence

ANSWER_LABEL = "\nA:"


def without_run_on(text: str, next_question: Sequence[str], stopped_by: str = "") -> str:
    """Return a text up to where the next question begins; all of it if there is none.

    Args:
        text: what the model said.
        next_question: what the layout of the prompt begins a question with, see `prompting.next_question`.
            `A:` stands behind a question: what comes before that is the answer.
        stopped_by: the one of them at which decoding ended, so that it is not in `text` any more.
    """
    first = len(text) - len(text.lstrip())
    if any(begins != ANSWER_LABEL and text[first:].startswith(begins.strip() or "\n") for begins in next_question):
        return ""
    if stopped_by == ANSWER_LABEL and stopped_by in next_question:
        text = _before_question(text)
    for begins in next_question:
        place = text.find(begins, first)
        while place >= 0:
            if begins != ANSWER_LABEL:
                text = text[:place]
                break
            lines = [line for line in text[:place].splitlines() if line.strip(" :：.-")]
            if len(lines) > 1 or (lines and not lines[0].rstrip().endswith("?")):
                text = _before_question(text[:place])
                break
            place = text.find(begins, place + 1)
    return text


def _before_question(text: str) -> str:
    """Return a text that ends in a question without it."""
    body = text.rstrip()
    begin = len(body) - len(body.lstrip())
    blank = body.rfind("\n\n", begin)
    if blank > begin:
        return body[:blank]
    line = body.rfind("\n", begin)
    return body[:line] if line > begin and "?" in body[line:] else text
