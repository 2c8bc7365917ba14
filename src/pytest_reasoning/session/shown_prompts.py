"""The prompts of selected items as text, for `--reasoning-show-prompt`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from pytest_reasoning.session.items.case import CaseItem
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import printable


def shown_prompts(items: Iterable[pytest.Item]) -> Iterator[str]:
    """Yield, for each case, its node id and then its prompt's lines: `  | ` before each, safe to print."""
    for item in items:
        if not isinstance(item, CaseItem):
            continue
        yield printable(item.nodeid)
        try:
            request = item.question.requests[0]
        except ReasoningError as error:
            yield f"  ERROR: {printable(str(error))}"
            continue
        remote = item.model.settings.remote
        if remote is not None and remote.chat is not False:
            yield "  (the server renders these messages by its own chat template)"
            for message in request.messages:
                yield f"  {message.role}:"
                yield from _lines(message.content)
        else:
            yield from _lines(request.prompt)


def _lines(text: str) -> Iterator[str]:
    return (f"  | {line}" for line in printable(text, newlines=True).split("\n"))
