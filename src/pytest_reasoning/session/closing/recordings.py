"""Warns of recorded completions that no case asked for."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_reasoning.text.wording import counted, printable

MOST_NAMED = 5


def unmatched_rows(found: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return one line per recording with rows that no case asked for, because an id may be misspelled.

    Args:
        found: the questions of those rows, by model name.
    """
    lines = []
    for model, questions in found.items():
        named = ", ".join(f"'{printable(question)}'" for question in questions[:MOST_NAMED])
        more = f" and {len(questions) - MOST_NAMED} more" if len(questions) > MOST_NAMED else ""
        rows = counted(len(questions), "recorded question")
        lines.append(f"{printable(model)}: {rows} matched no case that ran: {named}{more} (correct the `id`)")
    return lines
