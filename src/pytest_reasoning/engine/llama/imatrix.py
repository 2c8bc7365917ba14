"""Reads importance matrices (mean squared activations per tensor) from files of llama.cpp's `llama-imatrix`.

Both formats are read: GGUF and the older `.dat`. The latter has neither version nor checksum, so every length in it
is checked against the size of the file.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.text.errors import ModelError

MAGIC = b"GGUF"
MOST_ENTRIES = 1 << 17
MOST_NAME_BYTES = 1 << 12
_SUMS, _COUNTS = ".in_sum2", ".counts"


def read_imatrix(path: Path) -> dict[str, FloatArray]:
    """Return the importances of each tensor, float32 (columns × experts,), one for each column of its weights.

    Raises:
        ModelError: the file is not an importance matrix.
    """
    try:
        with path.open("rb") as file:
            begins = file.read(len(MAGIC))
        found = _of_gguf(path) if begins == MAGIC else _of_dat(path.read_bytes())
    except OSError as error:
        raise ModelError(f"the importance matrix cannot be read: {error.strerror} (check its path)") from None
    except (ValueError, KeyError, IndexError, OverflowError, struct.error) as error:
        raise _is_none(str(error) or type(error).__name__) from None
    for name, numbers in found.items():
        if not np.isfinite(numbers).all():
            raise _is_none(f"{name} has numbers that are not finite")
    return found


def _is_none(why: str) -> ModelError:
    return ModelError(
        f"the file is no importance matrix: {why[:120]} (give a file that llama.cpp's llama-imatrix wrote)"
    )


def _of_gguf(path: Path) -> dict[str, FloatArray]:
    """Read the GGUF format: one tensor of sums of squares and one of counts per expert, for each weight tensor."""
    from gguf import GGMLQuantizationType, GGUFReader

    sums: dict[str, FloatArray] = {}
    counts: dict[str, FloatArray] = {}
    for tensor in GGUFReader(path).tensors:
        for ending, kept in ((_SUMS, sums), (_COUNTS, counts)):
            if tensor.name.endswith(ending):
                if tensor.tensor_type != GGMLQuantizationType.F32:
                    raise ValueError(f"{tensor.name} is not F32")
                kept[tensor.name.removesuffix(ending)] = np.array(tensor.data, np.float32).ravel()
    if not sums or set(sums) != set(counts):
        raise ValueError("it has no sums with counts")
    return {name: _means(name, sums[name], counts[name]) for name in sums}


def _means(name: str, sums: FloatArray, counts: FloatArray) -> FloatArray:
    if not len(counts) or len(sums) % len(counts):
        raise ValueError(f"{name} has {len(sums)} sums for {len(counts)} counts")
    by_expert = sums.reshape(len(counts), -1)
    met = counts.reshape(-1, 1)
    # An expert that no text has reached has no importances, so all of its columns weigh the same.
    means = np.where(met > 0, by_expert / np.maximum(met, 1), np.float32(1))
    return np.ascontiguousarray(means, np.float32).ravel()


def _of_dat(data: bytes) -> dict[str, FloatArray]:
    """Read the `.dat` format: the number of entries, then for each its name, a count and one number per column."""
    at = 0

    def take(size: int) -> bytes:
        nonlocal at
        if not 0 <= size <= len(data) - at:
            raise ValueError(f"it ends after {len(data):,} bytes, inside an entry")
        at += size
        return data[at - size : at]

    def integer() -> int:
        return int(struct.unpack("<i", take(4))[0])

    entries = integer()
    if not 0 < entries <= MOST_ENTRIES:
        raise ValueError(f"it claims {entries:,} entries")
    found: dict[str, FloatArray] = {}
    for _ in range(entries):
        length = integer()
        if not 0 < length <= MOST_NAME_BYTES:
            raise ValueError(f"a name claims {length:,} bytes")
        name = take(length).decode("utf-8")
        calls, count = integer(), integer()
        if count < 1:
            raise ValueError(f"{name} has no numbers")
        found[name] = np.frombuffer(take(4 * count), "<f4").astype(np.float32) / np.float32(max(calls, 1))
    return found
