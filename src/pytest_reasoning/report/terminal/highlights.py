"""The lines below the summary's table: bars of pass rates by suite, lifts, length gaps and growth with size."""

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
from pytest_reasoning.text.wording import counted, printable

if TYPE_CHECKING:
    from pytest_reasoning.verdict.contrasts import Contrast
    from pytest_reasoning.verdict.pooling import PooledFigure
    from pytest_reasoning.verdict.scaling import Scaling

_MOST_NAMED = 3
_BARS, _DIGITS = "▁▂▃▄▅▆▇█", "0123456789"


def highlights(results: Results, *, width: int, plain: bool) -> str:
    """Return the lines, none of them wider than `width` columns; ASCII only if `plain`."""
    lines = [*_lifts(results), *_gaps(results)]
    lines += repeated_lines(results.repeats)
    lines += fresh_lines(results.contamination)
    lines += _scaling(results.scaling)
    if plain:
        lines = [ascii_of(line) for line in lines]
    # a row of bars is cut, not wrapped, because its columns stand for suites
    bars = [line[:width] for line in _sparklines(results, plain=plain)]
    return "\n".join([*bars, *(line for long in lines for line in _wrapped(long, width))])


def _wrapped(line: str, width: int) -> list[str]:
    indent = "    " if line.startswith("  ") else "  "
    return textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False)


def _sparklines(results: Results, *, plain: bool) -> list[str]:
    """Return one row of bars per model, or of digits (tenths of the pass rate) if `plain`; needs several suites."""
    table = results.rates
    if len(table.rows) < 2:
        return []
    widest = max(len(printable(model)) for model in table.models)
    head = "by suite, in tenths of the pass rate:" if plain else "by suite:"
    lines = [head]
    for model in table.models:
        rates = [cell.rate if (cell := row.cells.get(model)) else None for row in table.rows]
        bar = "".join(" " if rate is None else _sign(rate, plain=plain) for rate in rates)
        lines.append(f"  {printable(model):{widest}}  {bar}")
    return lines


def _sign(rate: float, *, plain: bool) -> str:
    return _DIGITS[min(9, int(10 * rate))] if plain else _BARS[int(7 * rate + 0.5)]


def _lifts(results: Results) -> list[str]:
    """Return one line per strategy and model; it names a suite only if its simultaneous interval excludes 0."""
    lines = []
    found = results.lifts_at_once
    pooled = {cell_of(one): one for one in results.pooled if one.kind == "lift"}
    for strategy, model in dict.fromkeys((lift.strategy, lift.first) for lift in found):
        own = [lift for lift in found if (lift.strategy, lift.first) == (strategy, model)]
        most, least = (pick(own, key=lambda lift: lift.difference) for pick in (max, min))
        mean = sum(lift.difference for lift in own) / len(own)
        named = [f"most in {_lift(most, pooled)}"] if most.interval[0] > 0 else []
        named += [f"least in {_lift(least, pooled)}"] if least.interval[1] < 0 else []
        beyond = ", ".join(named) or "in no suite beyond chance"
        over = counted(len(own), "suite")
        lines.append(f"{printable(strategy)} over direct, {printable(model)}: {signed(mean)} over {over}, {beyond}")
    return lines


def _lift(lift: Contrast, pooled: Mapping[Cell, PooledFigure]) -> str:
    """Return a suite with its lift, and its pooled lift, because the largest of many is partly luck."""
    one = pooled.get(Cell(lift.suite, lift.strategy, lift.second))
    others = "" if one is None else f", pooled with the others {signed(one.pooled)}"
    return f"{printable(lift.suite)} {signed(lift.difference)} ({signed_interval(lift.interval)}){others}"


def _gaps(results: Results) -> list[str]:
    lines = []
    found = results.length_gaps
    for model in dict.fromkeys(gap.model for gap in found):
        most = max((gap for gap in found if gap.model == model), key=lambda gap: gap.lost)
        if most.lost > 0:
            rates = " → ".join(f"{n}: {percent(rate)}" for n, rate in zip(most.lengths, most.rates, strict=True))
            where = label(most.family, most.strategy)
            lines.append(f"longer instances, {printable(model)}: loses most in {where}: {rates}")
    return lines


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
        lines.append(f"size, {verdict}: {named}{more}")
    return lines + [f"size: {note}" for note in scaling_notes(scaling)]


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
