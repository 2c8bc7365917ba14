"""Finds where a growing completion ends: at the first stop text outside of thinking."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Literal

from pytest_reasoning.text.thinking import thinking_in

LOOK_BACK = 64
"How many bytes before the new ones are searched again, since a tag that closes thinking may have begun there."


class StopFinder:
    """Collects a completion's bytes and says where the first stop text begins.

    It works on bytes because a token may end in the middle of a UTF-8 sequence; in UTF-8 a match of encoded texts
    is always a match of the texts.
    """

    __slots__ = (
        "_formats", "_lengths", "_longest", "_opened", "_stops", "_thought_from", "_thought_to", "data",
        "stopped_by",
    )  # fmt: skip

    def __init__(
        self,
        stops: Sequence[str],
        next_question: Sequence[str] = (),
        *,
        thinking_opened: bool = False,
        thinking_formats: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Take the texts that end the completion; `next_question` as in `Request`."""
        self._stops: tuple[tuple[bytes, Literal["stop", "next_question"]], ...] = (
            *((stop.encode("utf-8"), "stop") for stop in stops if stop),
            *((stop.encode("utf-8"), "next_question") for stop in next_question if stop),
        )
        self._longest = max((len(stop) for stop, _ in self._stops), default=0)
        self._lengths: list[int] = []
        self._opened = thinking_opened
        self._formats = thinking_formats
        self._thought_from = self._thought_to = -1
        self.data = bytearray()
        self.stopped_by = ""
        "The stop text that was found; empty until then."

    def add(self, piece: bytes) -> Literal["stop", "next_question"] | None:
        """Append one token's bytes; return the kind of stop text now found, which is cut off with all after it."""
        start = max(0, len(self.data) - self._longest + 1)
        self.data += piece
        self._lengths.append(len(self.data))
        if not self._stops:
            return None
        while True:
            found = [
                (place, -len(stop), stop, kind)
                for stop, kind in self._stops
                if (place := self.data.find(stop, start)) >= 0
            ]
            if not found:
                return None
            place, _, stop, kind = min(found)
            if (kind == "stop" or self._may_end(place, stop)) and not self._thinks(place):
                del self.data[place:]
                self.stopped_by = stop.decode("utf-8")
                return kind
            start = place + 1

    def _may_end(self, place: int, stop: bytes) -> bool:
        """Return whether there is an answer before the next question.

        Before a stop text `A:` a question alone is no answer: the model is only repeating what it was asked.
        """
        lines = [line for line in bytes(self.data[:place]).splitlines() if line.strip(b" :.-")]
        if stop.strip() == b"A:":
            return len(lines) > 1 or (bool(lines) and not lines[0].rstrip().endswith(b"?"))
        return bool(lines)

    def _thinks(self, place: int) -> bool:
        """Return whether the byte at `place` is part of thinking.

        Text known to be thinking is not read again: otherwise a model that repeats a stop text in an endless
        thought would cost quadratic time.
        """
        if self._thought_from >= 0:
            begin = max(self._thought_from, self._thought_to - LOOK_BACK)
            text = bytes(self.data[begin:place]).decode("utf-8", errors="replace")
            if not thinking_in(text, opened=True, formats=self._formats).closed:
                self._thought_to = place
                return True
        text = bytes(self.data[:place]).decode("utf-8", errors="replace")
        found = thinking_in(text, opened=self._opened, formats=self._formats)
        if found.closed:
            self._thought_from = -1
            return False
        self._thought_from = len(text[: found.inside[-1][0]].encode("utf-8"))
        self._thought_to = place
        return True

    @property
    def ends(self) -> tuple[int, ...]:
        """The end of each piece in `text`, in characters; pieces that were cut off have no length."""
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        ends, start, chars = [], 0, 0
        for length in self._lengths:
            end = min(length, len(self.data))
            chars += len(decode(self.data[start:end], final=end == len(self.data)))
            ends.append(chars)
            start = end
        return tuple(ends)

    @property
    def text(self) -> str:
        """The collected text; an incomplete UTF-8 sequence becomes U+FFFD."""
        return self.data.decode("utf-8", errors="replace")
