"""Says which rows of recorded completions no case has asked for."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_reasoning.text.wording import counted, printable

MOST_NAMED = 5


def unmatched_rows(found: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a line for each recording with rows that no case has asked for: an id may be misspelled.

    Args:
        found: by model, the questions of those rows.
    """
    lines = []
    for model, questions in found.items():
        named = ", ".join(f"'{printable(question)}'" for question in questions[:MOST_NAMED])
        more = f" and {len(questions) - MOST_NAMED} more" if len(questions) > MOST_NAMED else ""
        rows = counted(len(questions), "recorded question")
        lines.append(f"{printable(model)}: {rows} matched no case that ran: {named}{more} (correct the `id`)")
    return lines
