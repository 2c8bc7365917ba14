"""The progress line, shown at the end of pytest's own line while a batch runs and cleared before other output."""

from __future__ import annotations

from typing import TextIO

_SAVE, _RESTORE_AND_CLEAR = "\x1b7", "\x1b8\x1b[K"


class ProgressLine:
    """A line that overwrites itself on a terminal; it writes nothing anywhere else."""

    def __init__(self, stream: TextIO, width: int, *, enabled: bool) -> None:
        """Take the terminal's stream and its width in columns."""
        self._stream = stream
        self._width = width
        self._enabled = enabled
        self.shown = False
        "Whether the line is currently visible."

    def show(self, text: str, used: int) -> None:
        """Show `text` after the `used` columns of the current line, cut so that it never wraps."""
        room = self._width - used - 2
        if not self._enabled or room < 10:
            return
        self.clear()
        self._stream.write(f"{_SAVE} {text[:room]}")
        self._stream.flush()
        self.shown = True

    def set(self, text: str) -> None:
        """Show `text` on a line of its own; an empty text clears the line."""
        self.show(text, 0) if text else self.clear()

    def clear(self) -> None:
        """Clear the line."""
        if self.shown:
            self._stream.write(_RESTORE_AND_CLEAR)
            self._stream.flush()
            self.shown = False
