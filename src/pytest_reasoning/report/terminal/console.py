"""Tables and lines as text for a terminal: rich lays them out, and no text of a model or a case is ever markup."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_ASCII = str.maketrans({"→": "->", "–": "-", "−": "-", "γ": "gamma", "✗": "x"})


def rendered(show: Callable[[Console], None], *, width: int, color: bool, plain: bool) -> str:
    """Return what is shown on a console of this width, without spaces at the ends of lines.

    Args:
        show: prints to the console.
        width: of the terminal, in columns.
        color: whether ANSI colours may be used.
        plain: ASCII only, for a pipe or a log.
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
    """Return text that rich takes as it is, never as markup."""
    from rich.text import Text

    return Text(text, style=style)


def ascii_of(text: str) -> str:
    """Return text with the signs that reports use beyond ASCII written in ASCII."""
    return text.translate(_ASCII)
