"""Turns the measurements of several rounds into one table: medians with spread, and paired ratios."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from timing import Timing

HEAD = (
    "| way | wall s | CPU s | wall ÷ first | CPU ÷ first | prompt tokens | tokens made | outside decode |\n"
    "|---|---|---|---|---|--:|--:|--:|"
)
Round = Sequence[Timing]
"The timings of all ways, measured one after the other."


def table(rounds: Sequence[Round]) -> str:
    """Return a Markdown table with a line for each way; ratios are of the same round, to its first way."""
    ways = list(dict.fromkeys(timing.way for one in rounds for timing in one))
    return "\n".join([HEAD, *(_line(way, rounds) for way in ways)])


def load_line(rounds: Sequence[Round]) -> str:
    """Return a sentence on what else the machine did."""
    others = [timing.others for one in rounds for timing in one]
    count = f"{len(rounds)} rounds" if len(rounds) > 1 else "1 round"
    return (
        f"Medians (least to most) of {count}, the ways one after the other in each round. Other programs used "
        f"{median(others):.2f} processors meanwhile, {max(others):.2f} at most."
    )


def spread(values: Iterable[float]) -> str:
    """Return the median with the least and the largest value; one value alone."""
    found = sorted(values)
    if len(found) < 2:
        return "".join(f"{value:.2f}" for value in found)
    return f"{median(found):.2f} ({found[0]:.2f} to {found[-1]:.2f})"


def _line(way: str, rounds: Sequence[Round]) -> str:
    pairs = [(one[0], timing) for one in rounds for timing in one if timing.way == way]
    own = [timing for _, timing in pairs]
    overheads = [timing.overhead for timing in own if timing.overhead is not None]
    cells = [
        way,
        spread(timing.wall_s for timing in own),
        spread(timing.cpu_s for timing in own),
        spread(timing.wall_s / first.wall_s for first, timing in pairs),
        spread(timing.cpu_s / first.cpu_s for first, timing in pairs),
        f"{median(timing.prompt_tokens for timing in own):.0f}",
        f"{median(timing.completion_tokens for timing in own):.0f}",
        f"{100 * median(overheads):.1f} %" if overheads else "",
    ]
    return "| " + " | ".join(cells) + " |"
