"""The quantisation report as text for a terminal: two tables a reference, then what follows from them."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pytest_reasoning.report.quantization_rows import answer_rows, closing_lines, fidelity_rows, head
from pytest_reasoning.text.wording import printable
from pytest_reasoning.verdict.quantization import Quantization

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_COLORS = {"non-inferior": "green", "regression": "red", "undecided": "yellow", "not judged": "red"}
_ASCII = str.maketrans({"→": "->", "–": "-", "−": "-"})


def quantization_summary(
    found: Iterable[Quantization], *, width: int, color: bool, plain: bool, quiet: bool = False
) -> str:
    """Return the report as text that fits `width` columns.

    Args:
        found: from `analyse_quantization`.
        width: of the terminal, in columns.
        color: whether ANSI colours may be used.
        plain: ASCII only, for a pipe or a log.
        quiet: one line a reference, its recommendation.
    """
    from rich.console import Console

    if quiet:
        lines = [f"{printable(one.reference.model)}: {printable(one.recommendation)}" for one in found]
        return "\n".join(line.translate(_ASCII) if plain else line for line in lines)
    file = io.StringIO()
    console = Console(
        file=file, width=width, force_terminal=color, no_color=not color, legacy_windows=False,
        color_system="standard" if color else None, highlight=False, emoji=False, markup=False,
    )  # fmt: skip
    for one in found:
        _print(console, one, plain=plain)
    text = "\n".join(line.rstrip() for line in file.getvalue().split("\n")).strip("\n")
    return text.translate(_ASCII) if plain else text


def _print(console: Console, found: Quantization, *, plain: bool) -> None:
    def wrapped(line: str) -> None:
        line = line.translate(_ASCII) if plain else line
        for part in textwrap.wrap(line, console.width, subsequent_indent="  ", break_on_hyphens=False):
            console.print(_text(part), soft_wrap=True)

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
    from rich import box
    from rich.table import Table

    grid = Table(box=box.ASCII2 if plain else box.SIMPLE_HEAVY, show_edge=False, pad_edge=False)
    for place, name in enumerate(heads):
        grid.add_column(_text(name), justify="right" if 0 < place < len(heads) - 1 else "left", overflow="fold")
    for cells, last, style in rows:
        grid.add_row(*[_text(cell.strip("\n")) for cell in cells], _text(last, style))
    console.print(grid)


def _text(text: str, style: str = "") -> Text:
    """Return text that rich takes as it is: never as markup."""
    from rich.text import Text

    return Text(text, style=style)
