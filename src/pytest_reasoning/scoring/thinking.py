"""Separates a thinking model's reasoning block from its answer."""

from __future__ import annotations

import re

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
