"""Separates a thinking model's reasoning from its answer."""

from __future__ import annotations

from pytest_reasoning.records import Completion
from pytest_reasoning.text.thinking import Formats, thinking_in, without_ends


def split_thinking(text: str, *, opened: bool = False, formats: Formats = ()) -> tuple[str, str, bool]:
    """Return (thinking, answer, closed).

    The answer is what follows the last block, or what stands before the first where nothing follows. `opened` says
    that the prompt ended with an opening tag, as some chat templates have it. A block that is never closed leaves
    no answer: everything after its tag is thinking.
    """
    found = thinking_in(text, opened=opened, formats=formats)
    if not found.spans:
        return "", without_ends(text), True
    thinking = "\n".join(text[begin:end].strip() for begin, end in found.inside).strip()
    before = text[: found.spans[0][0]]
    if not found.closed:
        return thinking, before, False
    after = without_ends(text[found.spans[-1][1] :])
    return thinking, after if after.strip() else before, True


def thinking_tokens(completion: Completion, *, opened: bool = False, formats: Formats = ()) -> int:
    """Return how many of a completion's tokens are thinking, its tags included; `opened` as for `split_thinking`.

    Where a server hands out no tokens and does not say, it is their share of the characters.
    """
    if completion.thinking_tokens:
        return completion.thinking_tokens
    if not completion.ends and not completion.server_tokens:
        return 0
    spans = thinking_in(completion.text, opened=opened, formats=formats).spans
    if not spans or not completion.text:
        return 0
    if completion.ends:
        starts = (0, *completion.ends)
        return sum(any(begin <= start < end for begin, end in spans) for start in starts[: len(completion.ends)])
    return round(completion.server_tokens * sum(end - begin for begin, end in spans) / len(completion.text))
