"""Finds the quantized variants of a model: existing files, or files that llama.cpp makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_reasoning.models.gguf.facts import GgufModel, facts_of, open_gguf
from pytest_reasoning.models.gguf.file_types import SIGN, no_such_quantization, quantization_named
from pytest_reasoning.models.gguf.memory import memory_of
from pytest_reasoning.models.hashes import sha256_of
from pytest_reasoning.models.models_file.schema import ModelSpec
from pytest_reasoning.models.paths import safe_name
from pytest_reasoning.models.recipe import recipe_bits, recipe_types
from pytest_reasoning.models.reference import NameReference, parse_reference
from pytest_reasoning.records import Gguf, QuantizeOrder
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.files import home_expanded, is_file
from pytest_reasoning.text.wording import counted, did_you_mean, nearest

MIXED = "Q8_0"
"llama.cpp's type of a file in which each matrix has a type of its own; it decides none of them."
UNQUANTIZED = frozenset({0, 1, 30})
"ggml's F32, F16 and BF16."
FIND = "give the F16, BF16 or F32 file it was made from"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantizing:
    """A run's settings for quantizing."""

    types: tuple[str, ...] = ()
    "Types, as the user wrote them, to make of every named model that is not quantized yet."
    lost: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    """For recipes: by the hash of a reference's file, the answers that each block loses in its variants; see
    `recipe.recipe_types`."""
    imatrix: Path | None = None
    "Importance matrix for models that have none of their own."
    path_of: Callable[[QuantizeOrder], Path] | None = None
    "Returns the quantized file's path, creating it if allowed; it may not exist. None makes no files."


class Variants:
    """Finds variants; `Quantizing.path_of` makes their files."""

    def __init__(self, quantizing: Quantizing, files: Callable[[str, Path], Iterable[Gguf]]) -> None:
        """Take the run's settings, and a function that finds the files of a reference relative to a folder."""
        self._quantizing = quantizing
        self._files = files
        self._types = tuple(dict.fromkeys(_checked(text, "--reasoning-quantize") for text in quantizing.types))
        self.made_of: dict[str, list[Path]] = {}
        "For each made variant, by its reference, the files that determine it; for the lock file."
        self._quantized: list[Gguf] = []
        self._applied = False

    def check(self) -> None:
        """Raise ModelError if types were asked for but no named model can be quantized."""
        if not self._types or self._applied:
            return
        if self._quantized:
            first = self._quantized[0]
            raise ModelError(f"model {first.name!r}: is {first.quantization} already ({FIND})")
        raise ModelError("--reasoning-quantize: no named model is a GGUF file (name one of F16, BF16 or F32)")

    def of(self, base: Gguf, spec: ModelSpec, folder: Path, only: str | None) -> Iterator[Gguf]:
        """Yield the variants of a model.

        Args:
            base: the model.
            spec: its entry in the models file.
            folder: the folder to which paths in `spec` are relative.
            only: the name of the only variant wanted; may be a type that the models file does not list.

        Raises:
            ModelError: a variant cannot be made, belongs to another model, or does not exist.
        """
        types, files = self._listed(base, spec, folder)
        if only is not None:
            named = _named(only)
            if only not in files and named is None:
                raise ModelError(
                    f"model {f'{base.name}{SIGN}{only}'!r}: {_no_such_variant(only, [*types, *files])}"
                )
            types = [named] if named is not None and only not in files else []
            files = {only: files[only]} if only in files else {}
        if not types and not files:
            return
        model = open_gguf(Path(base.path), reference=base.reference)
        quantized = not all(tensor.type in UNQUANTIZED for tensor in model.tensors)
        for kind in types:
            if quantized:
                raise ModelError(f"model {base.name!r}: is {base.quantization} already ({FIND})")
            if kind == base.quantization:
                raise ModelError(f"model {base.name!r}: is {kind} itself (leave {kind} out)")
            yield self._made(base, model, kind, self._imatrix(base, spec, folder))
        for name, facts in files.items():
            yield _as_variant(facts, base, f"{base.name}{SIGN}{name}")

    def _listed(self, base: Gguf, spec: ModelSpec, folder: Path) -> tuple[list[str], dict[str, Gguf]]:
        """Return the types to make, and the existing files by their names as variants."""
        types: list[str] = []
        found: list[Gguf] = []
        for entry in spec.quantizations:
            if isinstance(parse_reference(entry), NameReference):
                types.append(_checked(entry, f"model {base.name!r}"))
            else:
                found += self._files(entry, folder)
        if self._types:
            model = open_gguf(Path(base.path), reference=base.reference)
            if all(tensor.type in UNQUANTIZED for tensor in model.tensors):
                self._applied = True
                types += [kind for kind in self._types if kind != base.quantization]
            else:
                self._quantized.append(base)
        types = list(dict.fromkeys(types))
        shared = Counter([*types, *(facts.quantization for facts in found)])
        names = {
            facts.quantization if shared[facts.quantization] == 1 else safe_name(Path(facts.path)): facts
            for facts in found
        }
        return types, names

    def _imatrix(self, base: Gguf, spec: ModelSpec, folder: Path) -> Path | None:
        path = folder / home_expanded(spec.imatrix) if spec.imatrix else self._quantizing.imatrix
        if path is not None and not is_file(path):
            hint = did_you_mean(path.name, (other.name for other in path.parent.glob("*")))
            raise ModelError(f"model {base.name!r}: imatrix {path.name}: no such file{hint} (in {path.parent})")
        return path

    def _made(self, base: Gguf, model: GgufModel, kind: str, imatrix: Path | None) -> Gguf:
        name = f"{base.name}{SIGN}{kind}"
        bits = recipe_bits(kind)
        order = QuantizeOrder(
            model=name,
            source=base.path,
            sha256=base.sha256,
            type=MIXED if bits is not None else kind,
            tensor_types=self._mixed(base, model, bits, name) if bits is not None else {},
            imatrix=str(imatrix.resolve()) if imatrix is not None else "",
            imatrix_sha256=sha256_of(imatrix) if imatrix is not None else "",
            header_bytes=sum(header.data_offset for header in model.headers),
            numbers_per_tensor=_numbers_per_tensor(model) if imatrix is not None else {},
        )
        path = self._quantizing.path_of(order) if self._quantizing.path_of is not None else None
        reference = f"{base.reference}{SIGN}{kind}"
        self.made_of.setdefault(reference, []).extend([*model.paths, *([imatrix] if imatrix is not None else [])])
        if path is None or not is_file(path):
            return replace(
                base,
                name=name,
                reference=reference,
                variant_of=base.name,
                path=str(path or ""),
                sha256="",
                quantization=kind,
                size_bytes=0,
                bits_per_weight=0.0,
                tensor_types={},
                n_files=1,
                memory=None,
            )
        made = open_gguf(path, reference=reference)
        facts = replace(facts_of(made, name=name, reference=reference), memory=memory_of(made))
        if bits is not None:
            facts = replace(facts, quantization=kind)
        return _as_variant(facts, base, name)

    def _mixed(self, base: Gguf, model: GgufModel, bits: float, name: str) -> dict[str, str]:
        lost = self._quantizing.lost.get(base.sha256)
        if not lost:
            raise ModelError(
                f"model {name!r}: it is not known which blocks of {base.name} lose answers (run types that lose "
                "some with --reasoning-culprits --reasoning-json=PATH, then add --reasoning-recipe-from=PATH)"
            )
        try:
            return recipe_types(list(model.tensors), lost, bits)
        except ModelError as error:
            raise ModelError(f"model {name!r}: {error}") from None


def _named(text: str) -> str | None:
    """Return the type or recipe that a text names, in its own spelling; None if it names none."""
    bits = recipe_bits(text)
    return quantization_named(text) if bits is None else f"recipe:{bits:g}bpw"


def _checked(text: str, where: str) -> str:
    named = _named(text)
    if named is None:
        raise ModelError(f"{where}: {no_such_quantization(text)}")
    return named


def _no_such_variant(name: str, there: Sequence[str]) -> str:
    if not there:
        return no_such_quantization(name)
    near = nearest(name, there)
    hint = f"did you mean {near!r}? " if near else ""
    return f"no variant of that name ({hint}there are {', '.join(there)}; or name a type that llama.cpp can make)"


def _as_variant(facts: Gguf, base: Gguf, name: str) -> Gguf:
    """Return a file's facts as a variant, with the reference's settings and chat template."""
    for differs, how in (
        (facts.architecture != base.architecture, f"it is {facts.architecture}, not {base.architecture}"),
        (facts.n_layers != base.n_layers, f"it has {counted(facts.n_layers, 'layer')}, not {base.n_layers}"),
        (facts.n_embd != base.n_embd, f"it is {facts.n_embd} wide, not {base.n_embd}"),
    ):
        if differs:
            raise ModelError(f"model {name!r}: is no variant of {base.name!r}: {how} (name files of one model)")
    return replace(
        facts,
        name=name,
        variant_of=base.name,
        settings=base.settings,
        chat_template=base.chat_template,
    )


def _numbers_per_tensor(model: GgufModel) -> dict[str, int]:
    """Return the number of columns of each matrix, times its experts."""
    return {
        tensor.name: tensor.shape[0] * (tensor.shape[2] if len(tensor.shape) > 2 else 1)
        for tensor in model.tensors
        if len(tensor.shape) > 1
    }
