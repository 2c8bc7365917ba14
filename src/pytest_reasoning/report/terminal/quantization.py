"""The quantization report as terminal text: two tables per reference, then regressions and a recommendation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pytest_reasoning.report.tables.quantization import answer_rows, closing_lines, fidelity_rows, head
from pytest_reasoning.report.terminal.console import ascii_of, grid, literal, rendered
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict.quantization import Quantization

if TYPE_CHECKING:
    from rich.console import Console

_COLORS = {"non-inferior": "green", "regression": "red", "undecided": "yellow", "not judged": "red"}


def quantization_summary(
    found: Iterable[Quantization], *, width: int, color: bool, plain: bool, quiet: bool = False
) -> str:
    """Return the report as text that fits `width` columns.

    Args:
        found: the references with their judged variants.
        width: width of the terminal in columns.
        color: whether ANSI colors may be used.
        plain: whether to use ASCII only, for a pipe or a log.
        quiet: whether to show only the recommendation, one line per reference.
    """
    if quiet:
        lines = "\n".join(f"{printable(one.reference.model)}: {printable(one.recommendation)}" for one in found)
        return ascii_of(lines) if plain else lines

    def show(console: Console) -> None:
        for one in found:
            _print(console, one, plain=plain)

    return rendered(show, width=width, color=color, plain=plain)


def _print(console: Console, found: Quantization, *, plain: bool) -> None:
    def wrapped(line: str) -> None:
        line = ascii_of(line) if plain else line
        for part in textwrap.wrap(line, console.width, subsequent_indent="  ", break_on_hyphens=False):
            console.print(literal(part), soft_wrap=True)

    wrapped(head(found))
    answers = [
        (
            [f"{row['name']}\n{row['type']}", f"{row['file']}\n{row['bits']} bits",
             f"{row['rate']}\n{row['interval']}", row["flips"].replace(", ", "\n"),
             f"{row['difference']}\n{row['bounds']}"],
            f"{row['verdict']}" + (f"\np {row['p']}" if row["p"] else ""),
            _COLORS.get(row["verdict"], ""),
        )
        for row in answer_rows(found)
    ]  # fmt: skip
    _table(console, ("model", "file", "pass rate", "flips", "difference", "verdict"), answers, plain=plain)
    others = [
        (
            [row["name"], f"{row['kl']}\n{row['kl_bounds']}", f"{row['agreement']}\n{row['agreement_bounds']}",
             f"{row['target']}\n{row['target_bounds']}", row["speed"]],
            row["memory"],
            "",
        )
        for row in fidelity_rows(found)
    ]  # fmt: skip
    heads = ("model", "KL, nats", "same top", "target", "tokens/s", "memory")
    _table(console, heads, others, plain=plain)
    for line in closing_lines(found):
        wrapped(line)


def _table(
    console: Console, heads: Sequence[str], rows: Iterable[tuple[list[str], str, str]], *, plain: bool
) -> None:
    table = grid(plain=plain)
    for place, name in enumerate(heads):
        table.add_column(literal(name), justify="right" if 0 < place < len(heads) - 1 else "left", overflow="fold")
    for cells, last, style in rows:
        table.add_row(*[literal(cell.strip("\n")) for cell in cells], literal(last, style))
    console.print(table)
