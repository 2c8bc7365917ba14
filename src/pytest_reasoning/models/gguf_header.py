"""The facts in a GGUF file's header, read without loading the model and without llama.cpp."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from pathlib import Path
from typing import Any

from pytest_reasoning.errors import ModelError
from pytest_reasoning.records import ModelFacts

_MAGIC = b"GGUF"
_CHUNK_BYTES = 1 << 20


def read_facts(path: Path, *, name: str, reference: str) -> ModelFacts:
    """Return what the header of the GGUF file at `path` says.

    Raises:
        ModelError: the file cannot be read, is no GGUF file, or ends before its header does.
    """
    reader = _reader(path, reference)
    architecture = _text(reader, "general.architecture", "unknown")
    return ModelFacts(
        name=name,
        reference=reference,
        path=str(path.resolve()),
        sha256=sha256_of(path),
        architecture=architecture,
        n_params=sum(math.prod(int(n) for n in tensor.shape) for tensor in reader.tensors),
        n_layers=_number(reader, f"{architecture}.block_count"),
        n_embd=_number(reader, f"{architecture}.embedding_length"),
        n_ctx_train=_number(reader, f"{architecture}.context_length"),
        quantization=_quantization(reader),
        size_bytes=path.stat().st_size,
        chat_template=_text(reader, "tokenizer.chat_template", "") or None,
    )


def recorded_facts(path: Path, *, name: str, reference: str) -> ModelFacts:
    """Return the facts of a file of recorded completions, which are few."""
    return ModelFacts(
        name=name,
        reference=reference,
        path=str(path.resolve()),
        sha256=sha256_of(path),
        architecture="recorded",
        n_params=0,
        n_layers=0,
        n_embd=0,
        n_ctx_train=0,
        quantization="recorded",
        size_bytes=path.stat().st_size,
        kind="recorded",
    )


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _reader(path: Path, reference: str) -> Any:
    from gguf import GGUFReader

    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise ModelError(f"model {reference!r}: cannot be read: {error.strerror} ({path})") from None
    if magic != _MAGIC:
        raise ModelError(
            f"model {reference!r}: is not a GGUF file: it begins with {magic!r}, not {_MAGIC!r} "
            "(convert it with llama.cpp's convert_hf_to_gguf.py, or download it again)"
        )
    try:
        return GGUFReader(path)
    except Exception as error:  # the reader checks little: a damaged header can raise anything
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"model {reference!r}: its GGUF header is damaged or the file is cut short: {cause} (download it again)"
        ) from None


def _text(reader: Any, key: str, default: str) -> str:
    field = reader.get_field(key)
    return str(field.contents()) if field is not None else default


def _number(reader: Any, key: str) -> int:
    field = reader.get_field(key)
    value = field.contents() if field is not None else 0
    return int(max(value)) if isinstance(value, list) else int(value)


def _quantization(reader: Any) -> str:
    """Return the declared file type's name, or else the type that holds most of the numbers."""
    from gguf import LlamaFileType

    field = reader.get_field("general.file_type")
    if field is not None:
        try:
            return LlamaFileType(int(field.contents())).name.removeprefix("MOSTLY_").removeprefix("ALL_")
        except ValueError:
            pass
    sizes: Counter[str] = Counter()
    for tensor in reader.tensors:
        sizes[tensor.tensor_type.name] += int(tensor.n_elements)
    return sizes.most_common(1)[0][0] if sizes else "unknown"
