"""Reads metadata and tensor descriptions from the header of a GGUF file, with bounds on time and memory.

The `gguf` package's reader is not used, because it makes a numpy view of every element of every array: for Gemma's
vocabulary of 262,144 tokens it took 43 s and 1.4 GB, where this takes 0.7 s and 33 MB, and for a file of 8 MB that
is one array of bytes more than 100 s. Here long arrays are only counted, since their contents are not needed.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAGIC = b"GGUF"
MOST_HEADER_BYTES = 256 << 20
"Largest header that is read; the largest known to us has 16 MiB."
MOST_KEYS = 1 << 16
MOST_TENSORS = 1 << 17
MOST_TEXTS = 8 << 20
"Most texts in all arrays together (tokens, merges); real models have less than a tenth of that."
MOST_KEY_BYTES = 1 << 16
MOST_DIMENSIONS = 4
KEPT_ELEMENTS = 4096
"Longer arrays are only counted, not kept."
_SIZE = struct.Struct("<Q")
_STEP_BYTES = 1 << 20

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _ARRAY = 8, 9

Scalar = bool | int | float | str


class BadHeaderError(ValueError):
    """The file is not a valid GGUF file; the message is one line without the path."""


class NoGgufError(BadHeaderError):
    """The file does not begin like a GGUF file."""


@dataclass(frozen=True, slots=True)
class LongArray:
    """An array that was counted but not kept."""

    length: int
    start: int
    "Position of its first element in the file, in bytes."


Value = Scalar | tuple[Scalar, ...] | LongArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One tensor, as described by the header."""

    name: str
    shape: tuple[int, ...]
    type: int
    "The number of its ggml type."
    offset: int
    "Position relative to the start of the data, in bytes."

    @property
    def n_elements(self) -> int:
        """The number of its elements."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufHeader:
    """The header: metadata and tensor descriptions."""

    metadata: Mapping[str, Value]
    tensors: tuple[Tensor, ...]
    data_offset: int
    "Position of the tensor data in the file, in bytes."
    bos_token: str
    "Text of the token; empty if there is none."
    eos_token: str
    tokenizer_sha256: str
    "Hash of the vocabulary, merges and special tokens as stored in the file; empty without a tokenizer."

    def text(self, key: str, default: str = "") -> str:
        """Return the text under `key`, or `default`."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else default

    def number(self, key: str, default: float = 0) -> float:
        """Return the number under `key` (for an array its largest), or `default`."""
        value = self.metadata.get(key)
        values = value if isinstance(value, tuple) else (value,)
        return max((n for n in values if isinstance(n, (int, float))), default=default)

    def integer(self, key: str, default: int = 0) -> int:
        """Return the whole number under `key`; see `number`."""
        value = self.number(key, default)
        return int(value) if math.isfinite(value) else default

    def length(self, key: str) -> int:
        """Return the length of the array under `key`, or 0."""
        value = self.metadata.get(key)
        if isinstance(value, LongArray):
            return value.length
        return len(value) if isinstance(value, tuple) else 0


def read_header(path: Path) -> GgufHeader:
    """Read the header of a GGUF file.

    Raises:
        BadHeaderError: the file is not a valid GGUF file.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        magic = file.read(len(MAGIC))
        if magic != MAGIC:
            raise NoGgufError(f"it begins with {magic!r}, not {MAGIC!r}")
        return _Reader(file).header()


class _Reader:
    """A cursor over the header, which is read from the file piece by piece."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.data = bytearray(MAGIC)
        self.at = len(MAGIC)
        self.texts = 0

    def header(self) -> GgufHeader:
        version = self.u32()
        if version & 0xFFFF == 0:
            raise BadHeaderError("it is a big-endian file (convert it for this machine)")
        if version not in (2, 3):
            raise BadHeaderError(f"GGUF version {version} is not known, 2 and 3 are")
        n_tensors = self.count("tensors", MOST_TENSORS)
        n_keys = self.count("keys", MOST_KEYS)
        metadata: dict[str, Value] = {}
        tokenizer = hashlib.sha256()
        for _ in range(n_keys):
            key = self.text("a key's name", MOST_KEY_BYTES)
            if key in metadata:
                raise BadHeaderError(f"key {key[:80]!r} stands twice")
            start = self.at
            metadata[key] = self.value(self.u32(), key)
            if key.startswith("tokenizer.ggml."):
                tokenizer.update(key.encode("utf-8", errors="replace") + b"\0" + self.data[start : self.at])
        tensors = tuple(self.tensor() for _ in range(n_tensors))
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment <= 0 or alignment & (alignment - 1):
            raise BadHeaderError(f"alignment {str(alignment)[:40]} is no power of two")
        data_offset = -(-self.at // alignment) * alignment
        return GgufHeader(
            metadata=metadata,
            tensors=tensors,
            data_offset=data_offset,
            bos_token=self.special_token(metadata, "bos"),
            eos_token=self.special_token(metadata, "eos"),
            tokenizer_sha256=tokenizer.hexdigest() if "tokenizer.ggml.model" in metadata else "",
        )

    def special_token(self, metadata: Mapping[str, Value], kind: str) -> str:
        """Return the text of a special token, which the metadata names by its number."""
        tokens = metadata.get("tokenizer.ggml.tokens")
        number = metadata.get(f"tokenizer.ggml.{kind}_token_id")
        if not isinstance(number, int):
            return ""
        if isinstance(tokens, tuple):
            return str(tokens[number]) if 0 <= number < len(tokens) else ""
        if not isinstance(tokens, LongArray) or not 0 <= number < tokens.length:
            return ""
        end, self.at = self.at, tokens.start
        self.skip_texts(number)
        text = self.text("a token", MOST_KEY_BYTES)
        self.at = end
        return text

    def tensor(self) -> Tensor:
        name = self.text("a tensor's name", MOST_KEY_BYTES)
        dimensions = self.u32()
        if dimensions > MOST_DIMENSIONS:
            raise BadHeaderError(f"tensor {name[:80]!r} has {dimensions} dimensions, {MOST_DIMENSIONS} is the most")
        shape = tuple(self.u64() for _ in range(dimensions))
        if math.prod(shape) >= 1 << 60:
            raise BadHeaderError(f"tensor {name[:80]!r} has an impossible shape")
        return Tensor(name=name, shape=shape, type=self.u32(), offset=self.u64())

    def value(self, kind: int, key: str) -> Value:
        if kind in _SCALARS:
            value: Scalar = struct.unpack_from("<" + _SCALARS[kind], self.data, self.take(self._size(kind)))[0]
            return value
        if kind == _TEXT:
            return self.text(f"key {key[:80]!r}", MOST_HEADER_BYTES)
        if kind == _ARRAY:
            return self.array(key)
        raise BadHeaderError(f"key {key[:80]!r} has the unknown type {kind}")

    def array(self, key: str) -> Value:
        kind, length = self.u32(), self.u64()
        if kind in _SCALARS:
            start = self.take(self._size(kind) * length)
            if length > KEPT_ELEMENTS:
                return LongArray(length, start)
            return struct.unpack_from(f"<{length}{_SCALARS[kind]}", self.data, start)
        if kind != _TEXT:
            raise BadHeaderError(f"key {key[:80]!r} is an array of the unknown type {kind}")
        self.texts += length
        if self.texts > MOST_TEXTS:
            raise BadHeaderError(f"key {key[:80]!r} claims {length:,} texts")
        if length <= KEPT_ELEMENTS:
            return tuple(self.text(f"key {key[:80]!r}", MOST_HEADER_BYTES) for _ in range(length))
        first = self.at
        self.skip_texts(length)
        return LongArray(length, first)

    def count(self, what: str, most: int) -> int:
        number = self.u64()
        if number > most:
            raise BadHeaderError(f"it claims {number:,} {what}")
        return number

    def u32(self) -> int:
        start = self.take(4)
        return int.from_bytes(self.data[start : self.at], "little")

    def u64(self) -> int:
        start = self.take(8)
        return int.from_bytes(self.data[start : self.at], "little")

    def text(self, what: str, most: int) -> str:
        size = self.u64()
        if size > most:
            raise BadHeaderError(f"{what} claims {size:,} bytes")
        start = self.take(size)
        return self.data[start : self.at].decode("utf-8", errors="replace")

    def skip_texts(self, count: int) -> None:
        """Advance past texts; a vocabulary has some 300,000 of them with its merges, so each costs little here."""
        data, at, size_of = self.data, self.at, _SIZE.unpack_from
        for _ in range(count):
            if at + _SIZE.size > len(data):
                self._fill(at + _SIZE.size)
            at += _SIZE.size + size_of(data, at)[0]
        if at > len(data):
            self._fill(at)
        self.at = at

    def take(self, size: int) -> int:
        """Advance by `size` bytes, make sure they are in `data`, and return where they begin there."""
        start = self.at
        end = start + size
        if end > len(self.data):
            self._fill(end)
        self.at = end
        return start

    def _fill(self, end: int) -> None:
        if end > MOST_HEADER_BYTES:
            raise BadHeaderError(f"its header claims more than {MOST_HEADER_BYTES >> 20} MiB")
        self.data += self.file.read(max(end - len(self.data), _STEP_BYTES))
        if end > len(self.data):
            raise BadHeaderError(f"it ends after {len(self.data):,} bytes, inside its header")

    @staticmethod
    def _size(kind: int) -> int:
        return struct.calcsize("<" + _SCALARS[kind])
