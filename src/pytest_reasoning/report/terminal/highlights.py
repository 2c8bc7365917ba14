"""The lines below the summary's table: lifts, length gaps and growth with size."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_reasoning.records import Cell, cell_of
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.tables.formats import label, percent, signed, signed_interval
from pytest_reasoning.report.tables.fresh import fresh_lines
from pytest_reasoning.report.tables.repeats import repeated_lines
from pytest_reasoning.report.tables.scaling import scaling_notes
from pytest_reasoning.report.terminal.console import ascii_of
from pytest_reasoning.text.sizes import size_text
from pytest_reasoning.text.wording import listed, printable

if TYPE_CHECKING:
    from pytest_reasoning.verdict.contrasts import Contrast
    from pytest_reasoning.verdict.pooling import PooledFigure
    from pytest_reasoning.verdict.scaling import Scaling

_MOST_NAMED = 3


def highlights(results: Results, *, width: int, plain: bool) -> str:
    """Return the lines, none of them wider than `width` columns; ASCII only if `plain`."""
    lines = [*_lifts(results), *_gaps(results)]
    lines += repeated_lines(results.repeats)
    lines += fresh_lines(results.contamination)
    lines += _scaling(results.scaling)
    if plain:
        lines = [ascii_of(line) for line in lines]
    return "\n".join(line for long in lines for line in _wrapped(long, width))


def _wrapped(line: str, width: int) -> list[str]:
    indent = "    " if line.startswith("  ") else "  "
    return textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False)


def _lifts(results: Results) -> list[str]:
    """Return a line on the lift that helps most and one on that which hurts most, if they are beyond chance.

    All lifts are judged together, with simultaneous intervals.
    """
    found = results.lifts_at_once
    if not found:
        return []
    pooled = {cell_of(one): one for one in results.pooled if one.kind == "lift"}
    most, least = (pick(found, key=lambda lift: lift.difference) for pick in (max, min))
    lines = [f"Helps most: {_lift(most, pooled)}."] if most.interval[0] > 0 else []
    lines += [f"Hurts most: {_lift(least, pooled)}."] if least.interval[1] < 0 else []
    names = listed(dict.fromkeys(printable(lift.strategy) for lift in found))
    return lines or [f"Instead of direct, {names}: no suite's pass rate changes beyond chance."]


def _lift(lift: Contrast, pooled: Mapping[Cell, PooledFigure]) -> str:
    """Return a lift with its suite, and its pooled lift, because the largest of many is partly luck."""
    one = pooled.get(Cell(lift.suite, lift.strategy, lift.second))
    others = "" if one is None else f", pooled with the others {signed(one.pooled)}"
    where = f"{printable(lift.strategy)} instead of direct, {printable(lift.suite)} [{printable(lift.second)}]"
    return f"{where} {signed(lift.difference)} ({signed_interval(lift.interval)}){others}"


def _gaps(results: Results) -> list[str]:
    """Return a line on the model and family of suites that lose most on longer instances."""
    most = max(results.length_gaps, key=lambda gap: gap.lost, default=None)
    if most is None or most.lost <= 0:
        return []
    rates = " → ".join(f"{n}: {percent(rate)}" for n, rate in zip(most.lengths, most.rates, strict=True))
    return [f"Longer instances lose most in {label(most.family, most.strategy, most.model)}: {rates}."]


def _scaling(scaling: Sequence[Scaling]) -> list[str]:
    """Return one line per kind of growth that names the suites that grow most; flat ones are left out."""
    ways: dict[str, list[Scaling]] = {}
    for one in scaling:
        if one.verdict != "no growth found":
            ways.setdefault(one.verdict, []).append(one)
    lines = []
    for verdict, found in ways.items():
        found.sort(key=lambda one: -one.pass_rate.sharpness.jump)
        named = ", ".join(_step(one) for one in found[:_MOST_NAMED])
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        lines.append(f"Size, {verdict}: {named}{more}.")
    return lines + [f"Size: {note}." for note in scaling_notes(scaling)]


def _step(one: Scaling) -> str:
    fit = one.pass_rate
    low, high = fit.sharpness.between
    text = f"{printable(low)} → {printable(high)} {signed(fit.sharpness.jump)}"
    if fit.growth.identifiable:
        bounds = [size_text(round(edge * max(fit.n_params))) for edge in fit.growth.threshold_interval]
        text += f", N_c {bounds[0]} to {bounds[1]}"
    if one.depth is not None:
        for pair in one.depth.contrasts[:1]:
            text += f", {printable(pair.deep)} − {printable(pair.wide)} {signed(pair.difference)}"
    return f"{label(one.suite, one.strategy)} ({text})"
