"""Renders tables and lines as terminal text with rich; text of models and cases is never taken as markup."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_ASCII = str.maketrans({"→": "->", "–": "-", "−": "-", "γ": "gamma", "✗": "x", "✓": "ok", "≥": ">=", "≤": "<="})


def rendered(show: Callable[[Console], None], *, width: int, color: bool, plain: bool) -> str:
    """Return what `show` prints on a console of this width, without spaces at the ends of lines.

    Args:
        show: prints to the console.
        width: width of the terminal in columns.
        color: whether ANSI colors may be used.
        plain: whether to use ASCII only, for a pipe or a log.
    """
    from rich.console import Console

    file = io.StringIO()
    show(
        Console(
            file=file, width=width, force_terminal=color, no_color=not color, legacy_windows=False,
            color_system="standard" if color else None, highlight=False, emoji=False, markup=False,
        )
    )  # fmt: skip
    text = "\n".join(line.rstrip() for line in file.getvalue().split("\n")).strip("\n")
    return ascii_of(text) if plain else text


def grid(*, plain: bool) -> Table:
    """Return a table without a frame."""
    from rich import box
    from rich.table import Table

    return Table(box=box.ASCII2 if plain else box.SIMPLE_HEAVY, show_edge=False, pad_edge=False)


def literal(text: str, style: str = "") -> Text:
    """Return text that rich shows literally, never as markup."""
    from rich.text import Text

    return Text(text, style=style)


def ascii_of(text: str) -> str:
    """Return text with the non-ASCII signs of our reports replaced by ASCII."""
    return text.translate(_ASCII)
