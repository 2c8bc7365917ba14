"""Writes text and tables in Markdown, escaped so that text is never markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pytest_reasoning.report.tables.formats import NONE, Row
from pytest_reasoning.text.wording import printable

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~@$&!])")


def escaped(text: str) -> str:
    """Return text escaped for Markdown, for HTML in Markdown, and for GitHub's mentions and links."""
    return (
        _SPECIAL.sub(r"\\\1", printable(text))
        .replace("\\<", "&lt;")
        .replace("\\&", "&amp;")
        .replace("\\@", "&#64;")
    )


def code(text: str) -> str:
    """Return text as inline code, within more backticks than any run of them in the text."""
    shown = printable(text).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> str:
    """Return a table of cells that are already Markdown; its last `numbers` columns are right-aligned."""
    rule = ["---"] * (len(heads) - numbers) + ["--:"] * numbers
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rule, *rows))


def table_of(columns: Mapping[str, str], rows: Iterable[Row], numbers: int) -> str:
    """Return a table of rows; `columns` maps each shown key to its heading. Empty cells are shown as a dash."""
    cells = [[escaped(str(row[key])) or NONE for key in columns] for row in rows]
    return table(list(columns.values()), cells, numbers)


def headed(head: str, columns: Mapping[str, str], rows: Sequence[Row], numbers: int) -> list[str]:
    """Return a heading and a table, or nothing if there are no rows."""
    return [f"### {head}", table_of(columns, rows, numbers)] if rows else []
