"""The formats of numbers in every output: shares, intervals, differences, sizes and speeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_reasoning.stats import Interval
from pytest_reasoning.text.wording import printable

Row = dict[str, Any]
"One row of a table: the texts of its cells by column."
NONE = "–"
"Shown where there is no number."


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share in percent: `88 %`."""
    return NONE if share is None else f"{100 * share:.{digits}f} %"


def interval(bounds: Interval | None, digits: int = 2) -> str:
    """Return an interval of shares: `0.77 to 0.95`."""
    return NONE if bounds is None else f"{bounds[0]:.{digits}f} to {bounds[1]:.{digits}f}"


def tight_interval(bounds: Interval | None, digits: int = 2) -> str:
    """Return an interval of shares in its short form: `0.77-0.95`."""
    return NONE if bounds is None else f"{bounds[0]:.{digits}f}-{bounds[1]:.{digits}f}"


def signed(difference: float | None, digits: int = 2) -> str:
    """Return a difference with its sign: `+0.05`."""
    return NONE if difference is None else f"{difference:+.{digits}f}"


def signed_interval(bounds: Interval | None, digits: int = 2) -> str:
    """Return an interval of differences: `-0.03 to +0.11`."""
    return NONE if bounds is None else f"{bounds[0]:+.{digits}f} to {bounds[1]:+.{digits}f}"


def bound(threshold: Mapping[str, float]) -> str:
    """Return what a gate asks of a pass rate: `≥ 50 %`, `≤ 10 %` or `20 to 60 %`; empty if it asks nothing."""
    least, most = threshold.get("min"), threshold.get("max")
    if least is not None and most is not None:
        return f"{100 * least:.3g} to {100 * most:.3g} %"
    if least is not None:
        return f"≥ {100 * least:.3g} %"
    return f"≤ {100 * most:.3g} %" if most is not None else ""


def p_value(p: float) -> str:
    """Return a p-value with two significant digits."""
    return f"{p:.2g}"


def speed(tokens: float, elapsed_s: float) -> str:
    """Return tokens per second."""
    return f"{tokens / elapsed_s:,.0f}" if elapsed_s else NONE


def file_size(size_bytes: float | None) -> str:
    """Return a number of bytes as a readable size: `41.2 MB`."""
    if not size_bytes:
        return NONE
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.3g} {unit}"
    return f"{size_bytes / 1e3:.3g} kB"


def label(suite: str, strategy: str, model: str = "") -> str:
    """Return the label of a suite and strategy, or of a whole cell: `sums / direct [small]`."""
    return printable(f"{suite} / {strategy}" + (f" [{model}]" if model else ""))
