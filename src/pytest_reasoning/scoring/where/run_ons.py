"""Cuts off the next question, which base models often write after their answer."""

from __future__ import annotations

from functools import lru_cache

ANSWER_LABEL = "\nA:"


# A completion is cut to be read, and again to tell whether it was cut.
@lru_cache(maxsize=64)
def without_run_on(text: str, next_question: tuple[str, ...], stopped_by: str = "") -> str:
    """Return a text up to the beginning of the next question, or all of it if there is none.

    Args:
        text: the model's output.
        next_question: texts with which the prompt's layout begins a question, see `prompting.next_question`.
            `A:` follows a question, so the text before that question is the answer.
        stopped_by: the one of them that ended decoding and is therefore missing from `text`.
    """
    first = len(text) - len(text.lstrip())
    for begins in next_question:
        # only white space precedes it: the next question has begun without an answer
        if begins != ANSWER_LABEL and begins.strip() and text.startswith(begins, text.rfind("\n", 0, first)):
            return ""
    if stopped_by == ANSWER_LABEL and stopped_by in next_question:
        text = _before_question(text)
    for begins in next_question:
        place = text.find(begins, first)
        while place >= 0:
            if begins != ANSWER_LABEL:
                text = text[:place]
                break
            before = [line for line in text[:place].splitlines() if line.strip(" :：.-")]
            if len(before) > 1:
                text = _before_question(text[:place])
                break
            if before and not any(character.isalpha() for character in before[0]):
                text = text[:place]  # digits alone are not a question
                break
            place = text.find(begins, place + 1)
    return text


def _before_question(text: str) -> str:
    """Return a text without a question at its end."""
    body = text.rstrip()
    begin = len(body) - len(body.lstrip())
    blank = body.rfind("\n\n", begin)
    if blank > begin:
        return body[:blank]
    line = body.rfind("\n", begin)
    return body[:line] if line > begin and "?" in body[line:] else text
