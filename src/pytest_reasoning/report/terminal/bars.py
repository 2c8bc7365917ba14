"""The progress bars of a run's models, shown below pytest's own line while a model is waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from pytest_reasoning.report.tables.formats import percent
from pytest_reasoning.report.terminal.console import literal, rendered
from pytest_reasoning.text.wording import counted, printable, shortened

_MOST_ROWS = 8
_NAME, _BAR = 28, 24
"Columns of a model's name, and of a bar."


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBar:
    """How far one model is."""

    name: str
    done: int
    total: int
    correct: int = 0
    judged: int = 0
    "Answers scored so far; `correct` counts the right ones."
    pace: str = ""
    "How fast it answers, as text; empty if the model does not run now."
    left_s: float | None = None
    "Estimate of the time that is left; None if unknown."
    nodes: str = ""
    "How many answers each other machine has given, as text; empty unless several have."

    @property
    def runs(self) -> bool:
        """Whether the model runs now."""
        return bool(self.pace)


class ProgressBars:
    """Draws bars below the current line of a terminal, and takes them away before anything else is written."""

    def __init__(self, stream: TextIO, width: int, height: int) -> None:
        """Take the terminal's stream and its size in columns and lines."""
        self._stream = stream
        self._width = width
        self._rows = min(_MOST_ROWS, height - 3)
        self.shown = False
        "Whether bars are visible now."

    def show(self, bars: Sequence[ModelBar], used: int) -> None:
        """Draw one bar a model; `used` is the number of columns of the current line that hold text."""
        column = used % self._width
        if self._rows < 1 or (used and not column):  # a full line: nobody knows on which line the cursor is
            return
        lines = bar_text(_near(bars, self._rows), width=self._width - 1).split("\n")
        # Making room first may scroll, after which no saved place would be right.
        room = "\n" * len(lines) + f"\x1b[{len(lines)}A\x1b[{column + 1}G"
        drawn = "".join(f"\r\n{line}" for line in lines)
        self._stream.write(f"\x1b[J{room}\x1b7{drawn}\x1b8")
        self._stream.flush()
        self.shown = True

    def clear(self) -> None:
        """Take the bars away; the cursor stands where pytest left it, with nothing else below."""
        if self.shown:
            self._stream.write("\x1b[J")
            self._stream.flush()
            self.shown = False


def bar_text(bars: Sequence[ModelBar], *, width: int) -> str:
    """Return the bars as text with colors, one line a model."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    grid = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(4):
        grid.add_column(no_wrap=True, overflow="crop")
    for bar in bars:
        drawn = ProgressBar(
            total=max(1, bar.total), completed=bar.done, width=_BAR, complete_style="cyan", finished_style="green"
        )
        right = f"{percent(bar.correct / bar.judged)} right" if bar.judged else ""
        name = shortened(printable(bar.name), _NAME)
        grid.add_row(literal(name, "bold" if bar.runs else "dim"), drawn, _state(bar), right)
    return rendered(lambda console: console.print(grid, no_wrap=True), width=width, color=True, plain=False)


def _state(bar: ModelBar) -> str:
    if not bar.runs:
        if bar.done >= bar.total:
            return f"done, {counted(bar.done, 'case')}"
        return (
            f"{bar.done:,} of {counted(bar.total, 'case')}" if bar.done else f"{counted(bar.total, 'case')} to come"
        )
    parts = [f"{bar.done:,} of {bar.total:,}", bar.pace]
    return ", ".join([*parts, *([] if bar.left_s is None else [time_left(bar.left_s)]), *filter(None, [bar.nodes])])


def time_left(left_s: float) -> str:
    """Return an estimate of the time that is left, as text."""
    return f"about {left_s / 60:.0f} min left" if left_s >= 90 else f"about {left_s:.0f} s left"


def _near(bars: Sequence[ModelBar], most: int) -> Sequence[ModelBar]:
    """Return the bars around the first model that runs, if there is no room for all."""
    at = next((place for place, bar in enumerate(bars) if bar.runs), 0)
    first = max(0, min(at - most // 2, len(bars) - most))
    return bars[first : first + most]
