"""Results → the lines below the summary's table: a bar per suite for each model, lifts, gaps, growth with size."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_reasoning.report.fresh import fresh_lines
from pytest_reasoning.report.repeated import repeated_lines
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.sizes import size_text
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import contamination_gaps, pass_rates, passes_at_k
from pytest_reasoning.verdict.contrasts import generalisation_gaps, strategy_lifts

if TYPE_CHECKING:
    from pytest_reasoning.verdict.scaling import Scaling

_MOST_NAMED = 3
_BARS, _DIGITS = "▁▂▃▄▅▆▇█", "0123456789"


def highlights(results: Results, scaling: Iterable[Scaling], *, width: int, plain: bool) -> str:
    """Return the lines, none of them wider than `width` columns; ASCII only if `plain`."""
    lines = [*_lifts(results), *_gaps(results, plain=plain)]
    lines += repeated_lines(passes_at_k(results.outcomes, results.gates))
    lines += fresh_lines(contamination_gaps(results.outcomes, results.fresh, results.gates))
    lines += _scaling(scaling)
    if plain:
        lines = [line.replace("→", "->").replace("−", "-").replace("γ", "gamma") for line in lines]
    # bars are drawn from column to column: cut, not wrapped
    bars = [line[:width] for line in _sparklines(results, plain=plain)]
    return "\n".join([*bars, *(line for long in lines for line in _wrapped(long, width))])


def _wrapped(line: str, width: int) -> list[str]:
    indent = "    " if line.startswith("  ") else "  "
    return textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False)


def _sparklines(results: Results, *, plain: bool) -> list[str]:
    """Return one row of bars (or digits, tenths of the pass rate) a model, if there are suites to compare."""
    table = pass_rates(results.outcomes, models=[m.name for m in results.models], gates=results.gates)
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
    lines = []
    found = strategy_lifts(results.whole)
    for strategy, model in dict.fromkeys((lift.strategy, lift.first) for lift in found):
        own = [lift for lift in found if (lift.strategy, lift.first) == (strategy, model)]
        most = max(own, key=lambda lift: lift.difference)
        mean = sum(lift.difference for lift in own) / len(own)
        suites = "1 suite" if len(own) == 1 else f"{len(own)} suites"
        lines.append(
            f"{printable(strategy)} over direct, {printable(model)}: {mean:+.2f} over {suites}, most in "
            f"{printable(most.suite)} {most.difference:+.2f} ({most.interval[0]:+.2f} to {most.interval[1]:+.2f})"
        )
    return lines


def _gaps(results: Results, *, plain: bool) -> list[str]:
    lines = []
    arrow = "->" if plain else "→"
    found = generalisation_gaps(results.whole)
    for model in dict.fromkeys(gap.model for gap in found):
        most = max((gap for gap in found if gap.model == model), key=lambda gap: gap.lost)
        if most.lost > 0:
            rates = f" {arrow} ".join(
                f"{n}: {100 * rate:.0f} %" for n, rate in zip(most.lengths, most.rates, strict=True)
            )
            label = printable(f"{most.family} / {most.strategy}")
            lines.append(f"longer instances, {printable(model)}: loses most in {label}: {rates}")
    return lines


def _scaling(scaling: Iterable[Scaling]) -> list[str]:
    """Return one line a way of growing with those that grow most; what is flat needs no line."""
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
    return lines


def _step(one: Scaling) -> str:
    fit = one.pass_rate
    low, high = fit.sharpness.between
    text = f"{printable(low)} → {printable(high)} {fit.sharpness.jump:+.2f}"
    if fit.growth.identifiable:
        bounds = [size_text(round(edge * max(fit.n_params))) for edge in fit.growth.threshold_interval]
        text += f", N_c {bounds[0]} to {bounds[1]}"
    if one.depth is not None:
        for pair in one.depth.contrasts[:1]:
            text += f", {printable(pair.deep)} − {printable(pair.wide)} {pair.difference:+.2f}"
    return f"{printable(f'{one.suite} / {one.strategy}')} ({text})"
