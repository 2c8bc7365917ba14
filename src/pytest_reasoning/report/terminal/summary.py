"""Results → the terminal summary: one table of pass rates, the gates that failed, time and speed per model."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from pytest_reasoning.records import Gate, ModelFacts, ModelUsage
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.sizes import size_text
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict import PassRate, PassRateTable, pass_rates
from pytest_reasoning.verdict.contrasts import efficiencies

if TYPE_CHECKING:
    from rich.text import Text

_MARKS = {"passed": "", "failed": "✗", "undecided": "?", "error": "!", "skipped": "", None: ""}
_ASCII_MARKS = _MARKS | {"failed": "x"}
_COLORS = {"passed": "green", "failed": "red", "undecided": "yellow", "error": "red"}
_MOST_NAMED = 5
"Gates left out for want of time."
_CELL_COLUMNS = 15
"Of a cell in two lines: `88 % x` over `0.77-0.95 n=50`."


def header(models: Sequence[ModelFacts], batching: str, *, where: str = "", fresh_seed: int | None = None) -> str:
    """Return the header's one line: what runs and how."""
    named = ", ".join(f"{printable(model.name)} ({_kind(model)})" for model in models)
    again = f"; fresh instances, again with --reasoning-seed={fresh_seed}" if fresh_seed is not None else ""
    on = f", {where}" if where else ""
    return f"reasoning: {named}; {batching} batching{on}{again}"


def summary(results: Results, *, width: int, color: bool, plain: bool) -> str:
    """Return the summary as text that fits `width` columns.

    Args:
        results: of the run, complete or not.
        width: of the terminal, in columns.
        color: whether ANSI colours may be used.
        plain: ASCII only, for a pipe or a log.
    """
    from rich.console import Console

    file = io.StringIO()
    console = Console(
        file=file, width=width, force_terminal=color, no_color=not color, legacy_windows=False,
        color_system="standard" if color else None, highlight=False, emoji=False, markup=False,
    )  # fmt: skip
    table = pass_rates(results.outcomes, models=[model.name for model in results.models], gates=results.gates)
    facts = {model.name: model for model in results.models}
    for columns in _column_groups(table, width) if table.rows else ():
        console.print(_rich_table(table, columns, facts, plain=plain))
    for line in (*_gate_lines(results.gates), *left_out_lines(results.gates)):
        console.print(_text(line), soft_wrap=True)
    for model in results.models:
        if model.name in results.usage:
            console.print(_text(_usage_line(model, results.usage[model.name], results)), soft_wrap=True)
    for line in (*_thinking_lines(results), *run_on_lines(results)):
        console.print(_text(line), soft_wrap=True)
    lines = file.getvalue().split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def quiet_summary(results: Results) -> str:
    """Return one line per model: its pass rate over all suites, and how its gates ended."""
    table = pass_rates(results.outcomes, models=[model.name for model in results.models], gates=results.gates)
    lines = []
    for model in table.models:
        total = table.totals.get(model)
        if total is None:
            continue
        gates = [gate for gate in results.gates if gate.model == model and gate.verdict != "skipped"]
        passed = sum(gate.verdict == "passed" for gate in gates)
        judged = f", {passed} of {len(gates)} gates passed" if gates else ""
        lines.append(f"{printable(model)}: {_rate_line(total)}{judged}")
    return "\n".join(lines)


def _kind(model: ModelFacts) -> str:
    return f"{size_text(model.n_params)} {model.quantization}" if model.n_params else model.quantization


def _column_groups(table: PassRateTable, width: int) -> list[tuple[str, ...]]:
    """Split the models into tables narrow enough for the terminal."""
    label = max((len(_label(row.suite, row.strategy)) for row in table.rows), default=0)
    fit = max(1, (width - min(label, width // 2) - 2) // (_CELL_COLUMNS + 2))
    return [table.models[start : start + fit] for start in range(0, len(table.models), fit)]


def _rich_table(
    table: PassRateTable, columns: Sequence[str], facts: dict[str, ModelFacts], *, plain: bool
) -> object:
    from rich import box
    from rich.table import Table

    grid = Table(box=box.ASCII2 if plain else box.SIMPLE_HEAVY, show_edge=False, pad_edge=False)
    grid.add_column(_text("suite / strategy"), overflow="fold")
    for name in columns:
        model = facts[name]
        head = f"{printable(name)}\n{_kind(model)}"
        grid.add_column(_text(head), justify="right", overflow="fold")
    for row in table.rows:
        cells = [_cell(row.cells.get(name), plain=plain) for name in columns]
        grid.add_row(_text(_label(row.suite, row.strategy)), *cells)
        for point in table.points_of(row):
            cells = [_cell(point.cells.get(name), plain=plain) for name in columns]
            grid.add_row(_text(f"  {printable(point.group)}"), *cells)
    grid.add_section()
    grid.add_row(_text("total"), *[_cell(table.totals.get(name), plain=plain) for name in columns])
    return grid


def _cell(rate: PassRate | None, *, plain: bool) -> Text:
    if rate is None:
        return _text("")
    marks = _ASCII_MARKS if plain else _MARKS
    text = _text(f"{marks[rate.verdict]} ".lstrip(), _COLORS.get(rate.verdict or "", ""))
    text.append("stopped" if rate.not_run else _percent(rate), "bold")
    of_all = f"/{rate.total + rate.not_run}" if rate.not_run else ""
    text.append(f"\n{_interval(rate)} n={rate.total}{of_all}".replace("\n ", "\n"), "dim")
    if rate.statuses["error"]:
        text.append(f"\n{rate.statuses['error']} error", "red")
    return text


def _percent(rate: PassRate) -> str:
    return "-" if rate.rate is None else f"{100 * rate.rate:.0f} %"


def _interval(rate: PassRate) -> str:
    return "" if rate.interval is None else "{:.2f}-{:.2f}".format(*rate.interval)


def _rate_line(rate: PassRate) -> str:
    errors = f", {rate.statuses['error']} error" if rate.statuses["error"] else ""
    return f"{_percent(rate)} correct ({rate.correct}/{rate.total}, 95 % interval {_interval(rate)}){errors}"


def _gate_lines(gates: Iterable[Gate]) -> list[str]:
    return [
        f"{gate.verdict.upper()} {printable(gate.nodeid)}: {printable(gate.reason)}"
        for gate in gates
        if gate.verdict in ("failed", "undecided", "error")
    ]


def left_out_lines(gates: Collection[Gate]) -> list[str]:
    """Return what was not run: for gates whose verdict was settled, and for want of time."""
    settled = [gate for gate in gates if gate.not_run and gate.verdict != "skipped"]
    late = [gate for gate in gates if gate.not_run and gate.verdict == "skipped"]
    lines = []
    if settled:
        outcomes = sum(gate.not_run for gate in settled)
        lines.append(f"stopped early: {_gates(settled)}, {outcomes} outcomes not run")
    if late:
        outcomes = sum(gate.not_run for gate in late)
        named = ", ".join(
            f"{printable(gate.nodeid)} ({gate.total} of {gate.total + gate.not_run})" for gate in late[:_MOST_NAMED]
        )
        more = f" and {len(late) - _MOST_NAMED} more" if len(late) > _MOST_NAMED else ""
        lines.append(f"no time left: {_gates(late)}, {outcomes} outcomes not run: {named}{more}")
    return [f"{line}; totals are over what ran whole" for line in lines]


def _gates(gates: Sequence[Gate]) -> str:
    return "1 gate" if len(gates) == 1 else f"{len(gates)} gates"


def _usage_line(model: ModelFacts, usage: ModelUsage, results: Results) -> str:
    outcomes = [one for one in (*results.outcomes, *results.fresh) if one.model == model.name]
    cached = sum(outcome.cached for outcome in outcomes)
    cost = efficiencies(results.outcomes, [model], results.usage, results.gates)
    worth = [f"{cost[0].correct_per_s:,.1f} right answers/s"] if cost and cost[0].correct_per_s else []
    if cost and cost[0].rate_per_million_params is not None:
        worth.append(f"{cost[0].rate_per_million_params:,.3g} of pass rate per million parameters")
    if cached and cached == len(outcomes):
        return ", ".join([f"{printable(model.name)}: {cached} completions, all from the store", *worth[-1:]])
    there = f" ({cached} from the store)" if cached else ""
    speed = usage.completion_tokens / usage.elapsed_s if usage.elapsed_s else 0.0
    took = f"in {usage.elapsed_s:.1f} s"
    made = f"{len(outcomes)} completions{there} {took}" if outcomes else took
    tokens = f"{usage.completion_tokens} tokens at {speed:,.0f} tokens/s"
    return ", ".join([f"{printable(model.name)}: {made}", tokens, *worth])


def _thinking_lines(results: Results) -> list[str]:
    """Return a line for each model that thought before it answered."""
    lines = []
    for model in results.models:
        own = [one for one in (*results.outcomes, *results.fresh) if one.model == model.name]
        thought = sum(one.thinking_tokens for one in own)
        if thought:
            tokens = sum(one.completion_tokens for one in own)
            share = f"{100 * thought / max(tokens, thought):.0f} %"
            of_all = f"{thought:,} of {tokens:,} completion tokens are thinking ({share})"
            lines.append(f"{printable(model.name)}: {of_all}")
    return lines


def run_on_lines(results: Results) -> list[str]:
    """Return a line for each model that went on with questions of its own."""
    lines = []
    for model in results.models:
        own = [one for one in (*results.outcomes, *results.fresh) if one.model == model.name]
        cut = sum(one.finish == "next_question" for one in own)
        if cut:
            what = f"{cut:,} of {len(own):,} completions went on with a next question and were cut there"
            lines.append(f"{printable(model.name)}: {what}")
    return lines


def _label(suite: str, strategy: str) -> str:
    return printable(f"{suite} / {strategy}")


def _text(text: str, style: str = "") -> Text:
    """Return text that rich takes as it is: never as markup."""
    from rich.text import Text

    return Text(text, style=style)
