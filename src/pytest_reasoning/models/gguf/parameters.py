"""Counts the parameters of a model from its tensors; a matrix that is stored twice counts once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_reasoning.models.gguf.header import GgufHeader, Tensor
from pytest_reasoning.models.gguf.types import tensor_type
from pytest_reasoning.text.sizes import named_params

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SAMPLED_ROWS = 32
_TIED_COSINE = 0.8
"""Least cosine similarity of rows that count as equal. Rows of one matrix in two types have 0.95 and more, even
with 2 bits; rows of different matrices have at most half of that."""
_LABEL_RATIO = 1.25
"Largest ratio between label and count: makers round, and some leave the embedding out."


def count_parameters(paths: Sequence[Path], headers: Sequence[GgufHeader]) -> int:
    """Return the number of a model's parameters, from the headers of its files and a few rows of its matrices.

    With tied weights the output matrix is the embedding. Some converters store it twice, often in two types, and
    the header does not tell. So rows of both are compared.
    """
    places = [
        (path, header, tensor) for path, header in zip(paths, headers, strict=True) for tensor in header.tensors
    ]
    total = sum(tensor.n_elements for _, _, tensor in places)
    named = {tensor.name: (path, header, tensor) for path, header, tensor in places}
    output, embedding = named.get("output.weight"), named.get("token_embd.weight")
    if output is None or embedding is None or output[2].shape != embedding[2].shape or len(output[2].shape) != 2:
        return total
    without = total - output[2].n_elements
    tied = _is_copy(output, embedding)
    if tied is None:
        label = named_params(headers[0].text("general.size_label"))
        tied = label > 0 and abs(without - label) < abs(total - label)
    return without if tied else total


def size_label(header: GgufHeader, n_params: int) -> str:
    """Return the makers' label of the size (0.5B, 135M), or an empty text if it does not fit the count."""
    label = header.text("general.size_label").strip()
    named = named_params(label)
    return label if n_params and named and 1 / _LABEL_RATIO <= named / n_params <= _LABEL_RATIO else ""


_Place = tuple[Path, GgufHeader, Tensor]


def _is_copy(one: _Place, other: _Place) -> bool | None:
    """Return whether two matrices of one shape hold the same numbers; None if their types cannot be read."""
    rows = one[2].shape[1]
    chosen = [rows * (place + 1) // (_SAMPLED_ROWS + 1) for place in range(_SAMPLED_ROWS)]
    first, second = _bytes(one, chosen), _bytes(other, chosen)
    if first is None or second is None:
        return None
    if one[2].type == other[2].type and first == second:
        return True
    # numpy and gguf take 0.3 s to import and are needed for such files only.
    import numpy as np

    left, right = _numbers(first, one[2].type), _numbers(second, other[2].type)
    if left is None or right is None:
        return None
    sizes = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    known = sizes > 0
    if not known.any():
        return None
    return bool(np.median((left * right).sum(axis=1)[known] / sizes[known]) >= _TIED_COSINE)


def _bytes(place: _Place, rows: Sequence[int]) -> list[bytes] | None:
    path, header, tensor = place
    known = tensor_type(tensor.type)
    if known is None or tensor.shape[0] % known[1]:
        return None
    length = tensor.shape[0] // known[1] * known[2]
    with path.open("rb") as file:
        found = []
        for row in rows:
            file.seek(header.data_offset + tensor.offset + row * length)
            found.append(file.read(length))
    return found if all(len(data) == length for data in found) else None


def _numbers(rows: Sequence[bytes], kind: int) -> npt.NDArray[np.float32] | None:
    import numpy as np
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize

    data: Any = np.stack([np.frombuffer(row, dtype=np.uint8) for row in rows])
    if kind in (GGMLQuantizationType.F32, GGMLQuantizationType.F16):
        data = data.view(np.float32 if kind == GGMLQuantizationType.F32 else np.float16)
    try:
        return np.asarray(dequantize(data, GGMLQuantizationType(kind)), dtype=np.float32)
    except (ValueError, NotImplementedError):
        return None
