"""The summary's table of pass rates: one line per suite, or per family of suites if there are many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_reasoning.records import OTHER_KINDS, Cell, Endpoint, Gate, Model, Recorded, cell_of
from pytest_reasoning.report.results import ReportedModel, Results
from pytest_reasoning.report.tables.families import families, total_of
from pytest_reasoning.report.tables.formats import bound, label, percent, tight_interval
from pytest_reasoning.report.tables.rates import MARKS, rate_text
from pytest_reasoning.report.terminal.console import ascii_of, grid, literal
from pytest_reasoning.text.sizes import model_size_text
from pytest_reasoning.text.wording import counted, printable, shortened, shortened_apart
from pytest_reasoning.verdict import PassRate

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_COLORS = {"passed": "green", "failed": "red", "undecided": "yellow", "error": "red"}
_MOST_ROWS = 20
"More rows than this are folded into families, unless the summary is verbose."
_NAME_COLUMNS = 20
"Width of a model's name; longer ones are shortened in the middle."
_GAP = 3
"Columns between two columns of the table."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What one cell shows: a line, and more lines below it."""

    rate: str = ""
    gate: str = ""
    "The gate's mark and bound."
    style: str = ""
    below: tuple[tuple[str, str], ...] = ()
    "Further lines, each with its style."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    name: str
    cells: dict[str, _Shown]


def kind_text(model: Model | ReportedModel) -> str:
    """Return a model's size and quantization, such as `135M Q4_1`, or what else it is."""
    if isinstance(model, Endpoint | Recorded):
        return OTHER_KINDS[type(model)]
    size = f"{model_size_text(model.n_params, model.size_label)} " if model.n_params else ""
    return f"{size}{model.quantization}"


def print_rates(console: Console, results: Results, *, plain: bool, verbose: bool) -> None:
    """Print the table, in several parts if the models do not fit side by side.

    Args:
        console: where to print.
        results: results with at least one outcome.
        plain: whether to use ASCII only.
        verbose: whether to show every suite, and intervals.
    """
    rates = results.rates
    folded = not verbose and len(rates.rows) > _MOST_ROWS
    common = _common_part(results)
    by_cell = common is None
    lines = (
        _family_lines(results, parts=by_cell) if folded else _suite_lines(results, verbose=verbose, parts=by_cell)
    )
    total = {model: _cell(rates.totals[model], None, verbose=verbose) for model in rates.totals}
    lines.append(_Line(name="total", cells=total))
    names = shortened_apart((printable(model.name) for model in results.models), _NAME_COLUMNS)
    heads = {
        model.name: (names[printable(model.name)], shortened(kind_text(model), _NAME_COLUMNS))
        for model in results.models
    }
    columns = {
        model: _column([line.cells.get(model) for line in lines], heads[model], plain=plain)
        for model in rates.models
    }
    widths = {model: len(column[0].plain.split("\n")[0]) for model, column in columns.items()}
    first = min(max(len(line.name) for line in lines), max(20, console.width // 2))
    for part, shown in enumerate(_column_sets(widths, console.width - max(first, len("suite / strategy")))):
        if part:
            console.print()
        table = grid(plain=plain)
        table.add_column(literal("suite / strategy"), overflow="fold")
        for model in shown:
            table.add_column(columns[model][0], no_wrap=True)
        for place, line in enumerate(lines, 1):
            if place == len(lines):
                table.add_section()
            table.add_row(literal(shortened(line.name, first)), *[columns[model][place] for model in shown])
        console.print(table)
    if common is not None:
        console.print(
            literal(f"Each pass rate is of a part: {common.cases} of the {common.of_cases} cases of its suite.")
        )
    if folded:
        console.print(literal("Suites of one family share a line (-v shows every suite, with intervals)."))


def _common_part(results: Results) -> PassRate | None:
    """Return a pass rate that is of a part of its suite like all others, or None if they differ."""
    found = [rate for row in results.rates.rows for rate in row.cells.values()]
    alike = len({(rate.cases, rate.of_cases) for rate in found}) == 1
    return found[0] if len(found) > 1 and alike and found[0].is_part else None


def _suite_lines(results: Results, *, verbose: bool, parts: bool) -> list[_Line]:
    gates = {cell_of(gate): gate for gate in results.gates}
    lines = []
    for row in results.rates.rows:
        cells = {
            model: _cell(rate, gates.get(Cell(row.suite, row.strategy, model)), verbose=verbose, parts=parts)
            for model, rate in row.cells.items()
        }
        lines.append(_Line(name=label(row.suite, row.strategy), cells=cells))
        for point in results.rates.points_of(row):
            own = {model: _cell(rate, None, verbose=verbose) for model, rate in point.cells.items()}
            lines.append(_Line(name=f"  {printable(point.group)}", cells=own))
    return lines


def _family_lines(results: Results, *, parts: bool) -> list[_Line]:
    gates = {cell_of(gate): gate for gate in results.gates}
    lines = []
    for family in families(results.rates.rows):
        cells = {}
        for model in results.rates.models:
            found = family.cells_of(model)
            if len(family.rows) == 1 and found:
                gate = gates.get(Cell(family.rows[0].suite, family.strategy, model))
                cells[model] = _cell(found[0], gate, verbose=False, parts=parts)
            elif found:
                cells[model] = _folded(found)
        lines.append(_Line(name=label(family.name, family.strategy), cells=cells))
    return lines


def _folded(found: Sequence[PassRate]) -> _Shown:
    """Return the cell of a family: the share of correct answers, and how many of its gates passed."""
    total = total_of(found)
    return _Shown(
        rate=percent(total.rate) if total.rate is not None else "",
        gate=f"{MARKS[total.verdict]} {total.gates}" if total.judged else "",
        style=_COLORS.get(total.verdict or "", ""),
        below=((counted(total.errors, "error"), "red"),) if total.errors else (),
    )


def _cell(rate: PassRate, gate: Gate | None, *, verbose: bool, parts: bool = True) -> _Shown:
    below = []
    if verbose or rate.not_run:
        bounds = f"{tight_interval(rate.interval)} " if rate.interval is not None else ""
        of_all = f"/{rate.total + rate.not_run}" if rate.not_run else ""
        below.append((f"{bounds}n={rate.total}{of_all}", "dim"))
    if rate.is_part and parts:
        below.append((f"part: {rate.cases} of {rate.of_cases}", "yellow"))
    if rate.statuses["error"]:
        below.append((counted(rate.statuses["error"], "error"), "red"))
    judged = f"{MARKS[rate.verdict]} {bound(gate.threshold)}" if gate is not None and MARKS[rate.verdict] else ""
    return _Shown(
        rate=rate_text(rate),
        gate=judged.strip() or MARKS[rate.verdict],
        style=_COLORS.get(rate.verdict or "", ""),
        below=tuple(below),
    )


def _column(cells: Sequence[_Shown | None], head: Sequence[str], *, plain: bool) -> list[Text]:
    """Return the texts of one column and its head, all as wide: rates end below rates, gates start below gates."""
    shown = [cell or _Shown() for cell in cells]
    gates = [ascii_of(cell.gate) if plain else cell.gate for cell in shown]
    gate_width = max(map(len, gates))
    room = gate_width + 1 if gate_width else 0
    below = [line for cell in shown for line, _ in cell.below]
    width = max(room + max(len(cell.rate) for cell in shown), *map(len, head), *map(len, below), 0)
    texts = [literal("\n".join(line.rjust(width) for line in head))]
    for cell, gate in zip(shown, gates, strict=True):
        text = literal(cell.rate.rjust(width - room), "bold")
        text.append(f" {gate:{gate_width}}" if room else "", cell.style)
        for line, style in cell.below:
            text.append(f"\n{line.rjust(width)}", style)
        texts.append(text)
    return texts


def _column_sets(widths: dict[str, int], room: int) -> list[list[str]]:
    """Split the models into tables narrow enough for the terminal."""
    sets: list[list[str]] = [[]]
    used = 0
    for model, width in widths.items():
        if sets[-1] and used + width + _GAP > room:
            sets.append([])
            used = 0
        sets[-1].append(model)
        used += width + _GAP
    return sets
