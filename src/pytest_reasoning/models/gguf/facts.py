"""Reads a model's facts from the header of its GGUF file or files, without llama.cpp and without loading it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from pytest_reasoning.models.gguf.fallbacks import fallbacks_of, type_name, types_by_kind
from pytest_reasoning.models.gguf.file_types import quantizations
from pytest_reasoning.models.gguf.header import BadHeaderError, GgufHeader, NoGgufError, Tensor, read_header
from pytest_reasoning.models.gguf.parameters import count_parameters, size_label
from pytest_reasoning.models.gguf.types import tensor_type
from pytest_reasoning.models.hashes import sha256_of
from pytest_reasoning.records import Gguf
from pytest_reasoning.text.errors import ModelError

_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufModel:
    """The headers of all parts of one model; most models have one part."""

    paths: tuple[Path, ...]
    headers: tuple[GgufHeader, ...]

    @property
    def header(self) -> GgufHeader:
        """The header of the first part, which has the metadata."""
        return self.headers[0]

    @property
    def tensors(self) -> Iterable[Tensor]:
        """The tensors of all parts."""
        return (tensor for header in self.headers for tensor in header.tensors)

    @property
    def size_bytes(self) -> int:
        """The size of all parts' files together."""
        return sum(path.stat().st_size for path in self.paths)

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture, such as `qwen2`."""
        return self.header.text("general.architecture", "unknown")


def part_of(path: PurePath) -> tuple[int, int] | None:
    """Return (part number, number of parts) from a file's name, or None for an unsplit model."""
    match = _PART.match(path.name)
    return (int(match["number"]), int(match["count"])) if match else None


def model_name(path: PurePath) -> str:
    """Return a file's name without its ending and part number."""
    match = _PART.match(path.name)
    return match["stem"] if match else path.stem


def open_gguf(path: Path, *, reference: str) -> GgufModel:
    """Read the headers of a model.

    Raises:
        ModelError: a file cannot be read, is not a GGUF file, is cut short, or is not the first part.
    """
    first = _checked_header(path, reference)
    count = first.integer("split.count", 1)
    place = part_of(path)
    if count <= 1:
        return GgufModel(paths=(path,), headers=(first,))
    if place is None or place[1] != count:
        raise ModelError(
            f"model {reference!r}: is one part of {count}, and its name does not say which "
            f"(name the parts NAME-00001-of-{count:05}.gguf …)"
        )
    stem = model_name(path)
    if place[0] != 1:
        raise ModelError(
            f"model {reference!r}: is part {place[0]} of {count} (name the first: {stem}-00001-of-{count:05}.gguf)"
        )
    if count > 1000:
        raise _damaged(reference, f"it claims to have {count:,} parts")
    others = [path.with_name(f"{stem}-{number:05}-of-{count:05}.gguf") for number in range(2, count + 1)]
    missing = [other.name for other in others if not other.is_file()]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ModelError(
            f"model {reference!r}: its part {missing[0]}{more} is missing (put all parts in one folder)"
        )
    headers = tuple(_checked_header(other, reference) for other in others)
    return GgufModel(paths=(path, *others), headers=(first, *headers))


def read_facts(path: Path, *, name: str, reference: str) -> Gguf:
    """Return the facts from the header of the GGUF file at `path`, with the hash of its content.

    Raises:
        ModelError: as for `open_gguf`, or the file does not hold a model that generates text.
    """
    return facts_of(open_gguf(path, reference=reference), name=name, reference=reference)


def facts_of(model: GgufModel, *, name: str, reference: str) -> Gguf:
    """Return the facts of a model whose headers have been read."""
    header, architecture = model.header, model.architecture
    _refuse_other_things(model, reference)
    kind = quantization(model)
    n_params = count_parameters(model.paths, model.headers)
    return Gguf(
        name=name,
        reference=reference,
        path=str(model.paths[0].resolve()),
        sha256=model_sha256(model.paths),
        architecture=architecture,
        n_params=n_params,
        size_label=size_label(header, n_params),
        n_layers=header.integer(f"{architecture}.block_count"),
        n_embd=header.integer(f"{architecture}.embedding_length"),
        n_ctx_train=header.integer(f"{architecture}.context_length"),
        quantization=kind,
        size_bytes=model.size_bytes,
        chat_template=header.text("tokenizer.chat_template") or None,
        tokenizer_sha256=header.tokenizer_sha256,
        bos_token=header.bos_token,
        eos_token=header.eos_token,
        bits_per_weight=_bits_per_weight(model),
        tensor_types=types_by_kind(model.tensors),
        fallbacks=fallbacks_of(model.tensors, kind),
        n_files=len(model.paths),
    )


def model_sha256(paths: Iterable[Path]) -> str:
    """Return a file's SHA-256; for several parts the SHA-256 of their hexadecimal SHA-256s, one per line."""
    digests = [sha256_of(path) for path in paths]
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode("ascii")).hexdigest()


def quantization(model: GgufModel) -> str:
    """Return the name of the declared file type, or if there is none the type of most of the weights."""
    declared = model.header.metadata.get("general.file_type")
    for name, number in quantizations().items():
        if declared == number:
            return name
    sizes: Counter[int] = Counter()
    for tensor in model.tensors:
        sizes[tensor.type] += tensor.n_elements
    if not sizes:
        return "unknown"
    return type_name(sizes.most_common(1)[0][0])


def _bits_per_weight(model: GgufModel) -> float:
    sizes = [tensor_bytes(tensor) for tensor in model.tensors]
    known = [size for size in sizes if size is not None]
    weights = sum(tensor.n_elements for tensor in model.tensors)
    return 8 * sum(known) / weights if weights and len(known) == len(sizes) else 0.0


def tensor_bytes(tensor: Tensor) -> int | None:
    """Return the size of a tensor's data in bytes, or None for an unknown type."""
    known = tensor_type(tensor.type)
    if known is None:
        return None
    _, block, size = known
    return tensor.n_elements // block * size


def _checked_header(path: Path, reference: str) -> GgufHeader:
    try:
        header = read_header(path)
        size = path.stat().st_size
    except OSError as error:
        raise ModelError(f"model {reference!r}: cannot be read: {error.strerror} ({path})") from None
    except NoGgufError as error:
        raise ModelError(
            f"model {reference!r}: is not a GGUF file: {error} "
            "(convert it with llama.cpp's convert_hf_to_gguf.py, or download it again)"
        ) from None
    except BadHeaderError as error:
        raise _damaged(reference, str(error)) from None
    for tensor in header.tensors:
        length = tensor_bytes(tensor)
        if length is not None and header.data_offset + tensor.offset + length > size:
            end = header.data_offset + tensor.offset + length
            raise _damaged(reference, f"it has {size:,} bytes where tensor {tensor.name[:80]!r} ends at {end:,}")
    return header


def _damaged(reference: str, cause: str) -> ModelError:
    return ModelError(
        f"model {reference!r}: its GGUF header is damaged or the file is cut short: {cause} (download it again)"
    )


def _refuse_other_things(model: GgufModel, reference: str) -> None:
    kind = model.header.text("general.type", "model")
    if kind == "adapter":
        raise ModelError(
            f"model {reference!r}: is a LoRA adapter, no model (name its base model in the models file, "
            "and this file there as `lora`)"
        )
    if kind == "mmproj" or model.architecture == "clip":
        raise ModelError(f"model {reference!r}: is the image part of a model (name the file of its language part)")
    if kind == "imatrix":
        raise ModelError(f"model {reference!r}: is an importance matrix, no model (name the model's own file)")
    if not any(True for _ in model.tensors):
        raise ModelError(f"model {reference!r}: holds no weights, only a vocabulary (name a model)")
