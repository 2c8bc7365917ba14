"""Where a growing completion ends: at the first stop string in its bytes."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class StopFinder:
    """Collects a completion's bytes and says where the first stop string begins.

    Bytes, not characters: a token may end in the middle of a UTF-8 sequence, and UTF-8 is such that a
    match of whole encoded texts is always a match of texts.
    """

    __slots__ = ("_lengths", "_longest", "_stops", "data")

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop.encode("utf-8") for stop in stops if stop)
        self._longest = max((len(stop) for stop in self._stops), default=0)
        self._lengths: list[int] = []
        self.data = bytearray()

    def add(self, piece: bytes) -> bool:
        """Append one token's bytes; True if a stop string is complete, which is then cut off with all after it."""
        start = max(0, len(self.data) - self._longest + 1)
        self.data += piece
        self._lengths.append(len(self.data))
        if not self._stops:
            return False
        found = [place for stop in self._stops if (place := self.data.find(stop, start)) >= 0]
        if not found:
            return False
        del self.data[min(found) :]
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
