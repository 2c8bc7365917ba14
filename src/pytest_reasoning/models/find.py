"""Finds the models that a user's names mean, and gives each a name that is valid in node ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_reasoning.models.embedded import embedded_names, embedded_path, no_such_name
from pytest_reasoning.models.gguf.facts import facts_of, open_gguf
from pytest_reasoning.models.gguf.file_types import quantization_named, split_name
from pytest_reasoning.models.gguf.memory import memory_of
from pytest_reasoning.models.hashes import sha256_of
from pytest_reasoning.models.hub.download import fetch
from pytest_reasoning.models.lock import Pin, check_pin, pin, read_lock, write_lock
from pytest_reasoning.models.models_file.load import ALL, ModelsFile
from pytest_reasoning.models.models_file.schema import ModelSpec
from pytest_reasoning.models.models_file.settings import chat_template, model_settings
from pytest_reasoning.models.packages import packaged_file
from pytest_reasoning.models.paths import model_files, recorded_file, safe_name
from pytest_reasoning.models.reference import (
    PACKAGE,
    Embedded,
    EndpointReference,
    Files,
    Hub,
    NameReference,
    Package,
    RecordedReference,
    parse_reference,
)
from pytest_reasoning.models.servers import endpoint_of
from pytest_reasoning.models.variants import Quantizing, Variants
from pytest_reasoning.records import Endpoint, Gguf, Model, NoWorseThan, Recorded, Remote
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.files import is_there
from pytest_reasoning.text.redaction import shown_address
from pytest_reasoning.text.unicode import is_valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinning:
    """How this run uses the lock file."""

    path: Path
    locked: bool = False
    "Refuse every model that differs from the lock file."
    write: bool = False
    "Write the models of this run into the lock file; other models keep their blocks."


def resolve(
    references: Sequence[str],
    base: Path,
    *,
    models_file: ModelsFile | None = None,
    pinning: Pinning | None = None,
    offline: bool = False,
    downloads: bool = True,
    progress: bool = False,
    quantizing: Quantizing | None = None,
) -> tuple[Model, ...]:
    """Return every model that `references` name, followed by its variants; each model occurs once.

    Args:
        references: names of the models file, embedded models, or references (docs/models.md).
        base: the folder to which relative paths refer.
        models_file: the project's models file.
        pinning: how to use the lock file; None ignores it.
        offline: use no network; servers on this machine are allowed.
        downloads: whether hub models may be downloaded; if not, they must be in the cache.
        progress: whether to show the progress of downloads.
        quantizing: how variants are made; None finds only those that are files already.

    Raises:
        ModelError: a reference names nothing, or something that is not a model, or two different files
            would get the same name.
    """
    file = models_file or ModelsFile(folder=base)
    pins = read_lock(pinning.path) if pinning is not None and is_there(pinning.path) else {}
    finder = _Finder(
        base,
        file,
        pins,
        offline=offline,
        downloads=downloads,
        progress=progress,
        quantizing=quantizing or Quantizing(),
    )
    found: dict[str, Model] = {}
    for reference in references:
        if not is_valid(reference):
            raise ModelError(f"model {reference!r}: is not UTF-8 (rename the file, or correct the name)")
        for facts in finder.models(reference):
            known = found.setdefault(facts.name, facts)
            if (_source(known), known.settings) != (_source(facts), facts.settings):
                shown = [one.reference if isinstance(one, Endpoint) else one.path for one in (known, facts)]
                raise ModelError(
                    f"model {shown_address(reference)!r}: two files would be named {facts.name!r}: {shown[0]} and "
                    f"{shown[1]} (rename one of them)"
                )
    finder.variants.check()
    if pinning is not None:
        _use_lock(pinning, pins, finder)
    return tuple(found.values())


def _source(model: Model) -> Remote | str:
    return model.remote if isinstance(model, Endpoint) else model.path


def _use_lock(pinning: Pinning, pins: dict[str, Pin], finder: _Finder) -> None:
    if pinning.locked and finder.unpinnable:
        raise ModelError(
            f"model {finder.unpinnable[0]!r}: what an endpoint serves cannot be pinned "
            "(leave it out, or drop --reasoning-locked)"
        )
    if pinning.write:
        write_lock(pinning.path, pins | finder.pins)
    elif pinning.locked:
        for one in finder.pins.values():
            check_pin(one, pins, pinning.path.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One reference to find, with its settings."""

    reference: str
    "The reference, as in messages, reports and the lock file."
    name: str | None
    "Name from the models file; None uses the file's name."
    spec: ModelSpec
    folder: Path
    "The folder to which paths are relative."


class _Finder:
    """Finds models, and records for the lock file what each reference meant."""

    def __init__(
        self,
        base: Path,
        file: ModelsFile,
        pins: dict[str, Pin],
        *,
        offline: bool,
        downloads: bool,
        progress: bool,
        quantizing: Quantizing,
    ) -> None:
        self.base = base
        self.file = file
        self.known_pins = pins
        self.offline = offline
        self.downloads = downloads
        self.progress = progress
        self.variants = Variants(quantizing, self._files)
        self.pins: dict[str, Pin] = {}
        self.unpinnable: list[str] = []

    def models(self, text: str) -> Iterator[Model]:
        """Yield the models that one word of --reasoning-models means."""
        names = self.file.expand(text)
        if names is not None:
            for name in names:
                yield from self._of_file(name)
        elif text == ALL and embedded_names():
            for name in embedded_names():
                yield from self._found(
                    _Asked(reference=name, name=None, spec=ModelSpec(gguf=name), folder=self.base)
                )
        else:
            base, only = self._base_and_variant(text)
            if only is not None and base in self.file.entries:
                yield from self._of_file(text)
            else:
                yield from self._found(_asked(base, self.base), only)

    def _of_file(self, name: str) -> Iterator[Model]:
        """Yield the models of an entry of the models file, or one of its variants (`NAME@VARIANT`)."""
        only = None
        if name not in self.file.entries:
            name, only = split_name(name) or (name, None)
        entry = self.file.entries[name]
        spec = entry.spec
        reference = spec.gguf or spec.completions or f"endpoint:{spec.endpoint}"
        asked = _Asked(reference=reference, name=entry.name, spec=spec, folder=self.file.folder)
        try:
            yield from self._found(asked, only)
        except ModelError as error:
            raise ModelError(f"{self.file.display}:{entry.line}: {error}") from None

    def _base_and_variant(self, text: str) -> tuple[str, str | None]:
        """Split `MODEL@VARIANT`; the variant is None for other names, including files with an `@` in their name."""
        parts = split_name(text)
        if parts is None or is_there(self.base / text):
            return text, None
        base, variant = parts
        # In other references an '@' has another meaning; in an address it follows a password.
        if not text.startswith(PACKAGE) and not isinstance(parse_reference(text), (Embedded, Files, NameReference)):
            return text, None
        parsed = parse_reference(base)
        known = base in self.file.entries or (
            isinstance(parsed, (Embedded, NameReference)) and embedded_path(parsed.name) is not None
        )
        is_file = isinstance(parsed, (Files, Package)) and quantization_named(variant) is not None
        return (base, variant) if known or is_file else (text, None)

    def _found(self, asked: _Asked, only: str | None = None) -> Iterator[Model]:
        """Yield the models of a reference, each followed by its variants; `only` restricts this to one variant."""
        for facts in self._bases(asked):
            if only is None:
                yield replace(facts, no_worse_than=_held_to(asked.spec, facts.name))
            if not isinstance(facts, Gguf):
                continue
            for variant in self.variants.of(facts, asked.spec, asked.folder, only):
                if variant.reference in self.variants.made_of:
                    # The made file itself is not pinned: another processor or compiler may round differently.
                    self._pin(variant.reference, self.variants.made_of[variant.reference])
                yield replace(variant, no_worse_than=_held_to(asked.spec, facts.name, variants=True))

    def _files(self, reference: str, folder: Path) -> Iterator[Gguf]:
        """Yield the files of a variant, which have no settings of their own."""
        return self._gguf(_Asked(reference=reference, name=None, spec=ModelSpec(gguf=reference), folder=folder))

    def _bases(self, asked: _Asked) -> Iterator[Model]:
        spec = asked.spec
        if spec.endpoint is not None:
            self.unpinnable.append(asked.reference)
            yield endpoint_of(
                spec, reference=asked.reference, name=asked.name, folder=asked.folder, offline=self.offline
            )
        elif spec.completions is not None:
            path = recorded_file(asked.reference, spec.completions, asked.folder)
            self._pin(asked.reference, [path])
            yield Recorded(
                name=asked.name or safe_name(path.stem),
                reference=asked.reference,
                path=str(path.resolve()),
                sha256=sha256_of(path),
                size_bytes=path.stat().st_size,
            )
        else:
            yield from self._gguf(asked)

    def _gguf(self, asked: _Asked) -> Iterator[Gguf]:
        paths, revision, name = self._paths(asked)
        several = len(paths) > 1
        pinned: list[Path] = []
        for path in paths:
            model = open_gguf(path, reference=asked.reference)
            own = name or safe_name(path)
            facts = facts_of(
                model, name=f"{own}@{safe_name(path)}" if several and name else own, reference=asked.reference
            )
            settings = model_settings(asked.spec, asked.reference, model, asked.folder)
            pinned += [*model.paths, *(Path(adapter.path) for adapter in settings.lora)]
            yield replace(
                facts,
                settings=settings,
                memory=memory_of(model),
                chat_template=chat_template(asked.spec, asked.reference, facts.chat_template, asked.folder),
            )
        self._pin(asked.reference, pinned, revision)

    def _paths(self, asked: _Asked) -> tuple[list[Path], str | None, str | None]:
        """Return the files of a reference, its revision, and the model's name if it differs from the file's."""
        reference, text = asked.reference, str(asked.spec.gguf)
        parsed = parse_reference(text)
        if isinstance(parsed, Hub):
            known = self.known_pins.get(reference)
            pinned = replace(parsed, revision=known.revision) if known is not None and known.revision else parsed
            fetched = fetch(reference, pinned, offline=self.offline or not self.downloads, progress=self.progress)
            return [fetched.paths[0]], fetched.revision, asked.name
        if isinstance(parsed, Package):
            return [packaged_file(reference, parsed)], None, asked.name
        if isinstance(parsed, (Embedded, NameReference)):
            path = embedded_path(parsed.name)
            if path is None:
                names = () if isinstance(parsed, Embedded) else self.file.names if self.file.entries else ()
                raise ModelError(f"model {reference!r}: {no_such_name(parsed.name, names)}")
            return [path], None, asked.name or parsed.name
        assert isinstance(parsed, Files)
        return model_files(reference, parsed.pattern, asked.folder), None, asked.name

    def _pin(self, reference: str, paths: Sequence[Path], revision: str | None = None) -> None:
        self.pins[reference] = pin(reference, paths, revision)


def _held_to(spec: ModelSpec, name: str, *, variants: bool = False) -> NoWorseThan | None:
    """Return the `no_worse_than` of a model, or (if it names no other model) of the model's variants."""
    held = spec.no_worse_than
    if held is None or variants != (held.model in (None, name)):
        return None
    return NoWorseThan(model=held.model or name, margin=held.margin)


def _asked(text: str, base: Path) -> _Asked:
    parsed = parse_reference(text)
    if isinstance(parsed, EndpointReference):
        address = f"{parsed.url}{f'#{parsed.model}' if parsed.model else ''}"
        return _Asked(reference=f"endpoint:{address}", name=None, spec=ModelSpec(endpoint=address), folder=base)
    if isinstance(parsed, RecordedReference):
        return _Asked(reference=text, name=None, spec=ModelSpec(completions=parsed.path), folder=base)
    return _Asked(reference=text, name=None, spec=ModelSpec(gguf=text), folder=base)
