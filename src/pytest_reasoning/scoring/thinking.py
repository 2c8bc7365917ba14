"""Separates a thinking model's reasoning block from its answer."""

from __future__ import annotations

import re

from pytest_reasoning.records import Completion

TAGS = ("think", "thinking", "thought", "reasoning", "reflection", "seed:think")
_OPEN = re.compile(
    rf"<\|?(?:{'|'.join(TAGS)})\|?>|◁think▷|<\|channel\|>analysis<\|message\|>|\[THINK\]", re.IGNORECASE
)
_CLOSE = re.compile(
    rf"<\|?/(?:{'|'.join(TAGS)})\|?>|◁/think▷|<\|(?:end|start)\|>.*?<\|channel\|>final<\|message\|>|\[/THINK\]",
    re.IGNORECASE | re.DOTALL,
)


def split_thinking(text: str, *, opened: bool = False) -> tuple[str, str, bool]:
    """Return (thinking, answer, closed).

    `opened` says that the prompt already ended with an opening tag, as some chat templates do. A block that
    is never closed leaves no answer: everything after its tag is thinking.
    """
    closes = list(_CLOSE.finditer(text))
    if closes:
        last_close = closes[-1]
        thinking, answer = text[: last_close.start()], text[last_close.end() :]
        reopened = _OPEN.search(answer)
        if reopened is None:
            return _OPEN.sub("", thinking).strip(), answer, True
        return (thinking + answer[reopened.end() :]).strip(), answer[: reopened.start()], False
    opening = _OPEN.search(text)
    if opening is not None:
        return text[opening.end() :], text[: opening.start()], False
    return (text, "", False) if opened else ("", text, True)


def thinking_tokens(completion: Completion, *, opened: bool = False) -> int:
    """Return how many of a completion's tokens are thinking, its tags included; `opened` as for `split_thinking`.

    Where a server hands out no tokens and does not say, it is their share of the characters.
    """
    if completion.thinking_tokens:
        return completion.thinking_tokens
    spans = _spans(completion.text, opened=opened)
    if not spans:
        return 0
    if completion.ends:
        starts = (0, *completion.ends)
        return sum(any(begin <= start < end for begin, end in spans) for start in starts[: len(completion.ends)])
    return round(completion.server_tokens * sum(end - begin for begin, end in spans) / len(completion.text))


def _spans(text: str, *, opened: bool) -> list[tuple[int, int]]:
    """Return where thinking begins and ends, as `split_thinking` sees it."""
    closes = list(_CLOSE.finditer(text))
    closed_at = closes[-1].end() if closes else 0
    opening = _OPEN.search(text, closed_at)
    spans = [(0, closed_at)] if closes else []
    if opening is not None:
        return [*spans, (opening.start(), len(text))]
    return spans if closes or not opened or not text else [(0, len(text))]
