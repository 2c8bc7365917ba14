"""Where a growing completion ends: at the first stop text in its bytes that does not stand in thinking."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Literal

from pytest_reasoning.text.thinking import thinking_in

LOOK_BACK = 64
"Bytes before what was looked at last in which a tag that closes thinking may have begun."


class StopFinder:
    """Collects a completion's bytes and says where the first stop text begins.

    Bytes, not characters: a token may end in the middle of a UTF-8 sequence, and UTF-8 is such that a
    match of whole encoded texts is always a match of texts.
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
        "The stop text that was found; empty before."

    def add(self, piece: bytes) -> Literal["stop", "next_question"] | None:
        """Append one token's bytes; says what kind of stop text is complete, which is cut off with all after it."""
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
        """Whether there is an answer before the next question.

        An `A:` follows a question: where that is all that stands before it, the model repeats what it was asked.
        """
        lines = [line for line in bytes(self.data[:place]).splitlines() if line.strip(b" :.-")]
        if stop.strip() == b"A:":
            return len(lines) > 1 or (bool(lines) and not lines[0].rstrip().endswith(b"?"))
        return bool(lines)

    def _thinks(self, place: int) -> bool:
        """Whether the byte at `place` stands in thinking.

        What is known to be thinking is not read again: a model that repeats a stop text in an endless thought
        would cost the square of its length.
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
        """Where each piece ends in `text`, in characters; what was cut off has no length."""
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
        """What has been collected; a sequence left incomplete shows as U+FFFD."""
        return self.data.decode("utf-8", errors="replace")
