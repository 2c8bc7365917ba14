"""The log of a child's native code, and the lines in it that tell why the child failed."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path

TAIL_BYTES = 8192
_TELLING = re.compile(r"assert|abort|error|fail|exception|out of memory|cannot|unable", re.IGNORECASE)
_REASON = re.compile(
    r"(?:error loading model(?: \w+)*|failed to apply lora adapter|llama_init_from_model"
    r"|failed to initialize the context): (?!.*failed to load model from)(.+)"
)
_HIDDEN = re.compile(r"[^\x20-\x7e]")


class NativeLog:
    """A log that the child writes and the parent reads; without a path it is deleted once both have closed it."""

    def __init__(self, path: str | None) -> None:
        """Open the log; the child inherits `writer`."""
        if path is None:
            handle, name = tempfile.mkstemp(prefix="pytest-reasoning-", suffix=".log")
            os.close(handle)
        self._path = Path(path or name)
        self.writer = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._reader = self._path.open("rb")
        self._start = self._reader.seek(0, os.SEEK_END)
        self._temporary = path is None
        self._unlink()

    def reason(self) -> str:
        """Return llama.cpp's own words on why it refused a model, adapter or context; empty if there are none."""
        found = [match[1] for line in self._last_lines() if (match := _REASON.search(line))]
        return found[-1].rstrip(".") if found else ""

    def last_words(self) -> str:
        """Return the most informative of the last lines, in printable characters; empty if there is none."""
        lines = self._last_lines()
        telling = [line for line in lines if _TELLING.search(line)]
        return (telling or lines or [""])[-1]

    def close(self) -> None:
        """Close the log."""
        self._reader.close()
        self._unlink()

    def _unlink(self) -> None:
        # Deleted at once, so that not even a kill leaves it behind; Windows cannot delete an open file.
        if self._temporary:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _last_lines(self) -> list[str]:
        size = self._reader.seek(0, os.SEEK_END)
        self._reader.seek(max(self._start, size - TAIL_BYTES))
        text = self._reader.read().decode("utf-8", errors="replace")
        return [_HIDDEN.sub("?", line.strip())[:300] for line in text.splitlines() if line.strip(" .\t")]
