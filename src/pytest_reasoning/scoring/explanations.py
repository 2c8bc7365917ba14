"""The explanations of scores, as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.where import Said
from pytest_reasoning.scoring.where.places import WhyCut


def unread(problem: Exception, *, several: bool) -> Score:
    """Return the score of a stated answer that cannot be read."""
    what = f"several answers are named: {problem}" if several else f"the stated answer cannot be read: {problem}"
    return Score(status="unparsed", answer=None, explanation=what)


def nothing_found(said: Said) -> Score:
    """Return the score of a completion without an answer."""
    if said.cut:
        return cut_off(said.why_cut, "before an answer")
    if not said.text.strip():
        return Score(status="unparsed", answer=None, explanation="the completion is empty")
    return Score(status="unparsed", answer=None, explanation="no answer was found in the completion")


def cut_off(why: WhyCut, where: str, *, answer: str | None = None) -> Score:
    """Return the score of a completion that was cut off by a limit."""
    return Score(status="truncated", answer=answer, explanation=_CUT[why].format(where=where))


_CUT: Mapping[WhyCut, str] = {
    "max_tokens": "the tokens ran out {where} (raise generation.max_tokens)",
    "n_ctx": "the context was full {where} (raise --reasoning-n-ctx, or shorten the prompt)",
    "content_filter": "the server's content filter ended the text {where} (ask otherwise, or leave the case out)",
    "itself": "the model ended its turn {where} (no answer follows it)",
}


def shown(targets: Sequence[str]) -> str:
    """Return the targets as a message shows them."""
    return " or ".join(f"'{clipped(target)}'" for target in targets[:4]) + (" or …" if len(targets) > 4 else "")


def clipped(text: str, limit: int = 80) -> str:
    """Return a text in one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
