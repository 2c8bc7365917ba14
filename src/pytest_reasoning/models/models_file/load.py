"""Reads and checks `reasoning-models.yaml`; problems are reported with their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pytest_reasoning.models.gguf.file_types import no_such_quantization, quantization_named, split_name
from pytest_reasoning.models.models_file.schema import KEYS, NAME_PATTERN, ModelSpec
from pytest_reasoning.models.reference import NameReference, parse_reference
from pytest_reasoning.text.errors import ModelError, ModelsFileError, Problem
from pytest_reasoning.text.wording import suggestion
from pytest_reasoning.text.yaml import MarkedList, MarkedMap, parse, place_of, problems_of, read_text

DEFAULT_NAME = "reasoning-models.yaml"
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One entry of the models file."""

    name: str
    spec: ModelSpec
    line: int
    "Its line in the file, 1-based."


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsFile:
    """A project's models file; paths in it are relative to `folder`."""

    folder: Path
    display: str = ""
    "The file's name in messages; empty if there is no file."
    entries: Mapping[str, ModelEntry] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    "For each group the names of its entries or variants; nested groups are expanded."

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that can be used: entries, groups, and `all`."""
        return (*self.entries, *self.groups, ALL)

    def expand(self, name: str) -> tuple[str, ...] | None:
        """Return the entries that a name means, or None if the file does not have it."""
        if name in self.entries:
            return (name,)
        if name == ALL and self.entries and ALL not in self.groups:
            return tuple(self.entries)
        return self.groups.get(name)


def load_models_file(path: Path, *, display: str | None = None) -> ModelsFile:
    """Read and check a models file; raises ModelsFileError with every problem found."""
    shown = display if display is not None else path.name
    return models_file_from_text(
        read_text(path, shown, ModelsFileError), folder=path.resolve().parent, display=shown
    )


def models_file_from_text(text: str, *, folder: Path, display: str) -> ModelsFile:
    """Check the text of a models file; see `load_models_file`."""
    data = parse(text, display, ModelsFileError)
    if data is None:
        return ModelsFile(folder=folder, display=display)
    if not isinstance(data, MarkedMap):
        raise ModelsFileError(
            [Problem(file=display, line=1, message="a models file maps names to models (write `small: zoo:small`)")]
        )
    check = _Check(data, display)
    file = ModelsFile(folder=folder, display=display, entries=check.entries(), groups=check.groups())
    if check.problems:
        raise ModelsFileError(sorted(check.problems, key=lambda problem: (problem.line, problem.column)))
    return file


class _Check:
    """Checks a models file in one pass and collects all problems."""

    def __init__(self, data: MarkedMap, display: str) -> None:
        self.data = data
        self.display = display
        self.problems: list[Problem] = []

    def entries(self) -> dict[str, ModelEntry]:
        found: dict[str, ModelEntry] = {}
        for name, value in self.data.items():
            if not re.match(NAME_PATTERN, name):
                self._complain(
                    (name,), f"'{name}' cannot be a model's name (use letters, digits and . _ @ + = -)", key=True
                )
            if isinstance(value, MarkedList):
                continue
            spec = self._spec(name, value)
            if spec is not None:
                found[name] = ModelEntry(name=name, spec=spec, line=self.data.keys_at[name][0])
        return found

    def groups(self) -> dict[str, tuple[str, ...]]:
        return {
            name: tuple(dict.fromkeys(self._members(name, (name,))))
            for name, value in self.data.items()
            if isinstance(value, MarkedList)
        }

    def _members(self, group: str, above: Sequence[str]) -> Iterator[str]:
        members: MarkedList = self.data[group]
        if not members:
            self._complain((group,), f"model '{group}': an empty group (name at least one model)")
        for position, member in enumerate(members):
            if self._is_variant(member):
                yield member
            elif not isinstance(member, str) or member not in self.data:
                near = suggestion(str(member), [name for name in self.data if name != group])
                self._complain((group, position), f"model '{group}': no model '{member}' in this file ({near})")
            elif member in above:
                self._complain((group, position), f"model '{group}': the group holds itself (remove '{member}')")
            elif isinstance(self.data[member], MarkedList):
                yield from self._members(member, (*above, member))
            else:
                yield member

    def _is_variant(self, member: Any) -> bool:
        """Return whether it is `MODEL@VARIANT` with a model of this file; the variant is checked later."""
        parts = split_name(member) if isinstance(member, str) and member not in self.data else None
        return parts is not None and parts[0] in self.data and not isinstance(self.data[parts[0]], MarkedList)

    def _spec(self, name: str, value: Any) -> ModelSpec | None:
        if isinstance(value, str):
            return self._from_text(name, value)
        if not isinstance(value, MarkedMap):
            self._complain(
                (name,),
                f"model '{name}': a reference, a mapping or a list of names is needed (write `{name}: PATH`)",
            )
            return None
        try:
            spec = ModelSpec.model_validate(value)
        except ValidationError as error:
            found = problems_of(error, value, self.display, KEYS)
            self.problems += [replace(problem, message=f"model '{name}': {problem.message}") for problem in found]
            return None
        known = self._are_quantizations(name, spec) and self._is_held_to_a_model(name, spec)
        return spec if self._is_reference(name, spec) and known else None

    def _are_quantizations(self, name: str, spec: ModelSpec) -> bool:
        wrong = [
            place
            for place, entry in enumerate(spec.quantizations)
            if isinstance(parse_reference(entry), NameReference) and quantization_named(entry) is None
        ]
        for place in wrong:
            message = f"model '{name}': {no_such_quantization(spec.quantizations[place])}"
            self._complain((name, "quantizations", place), message)
        return not wrong

    def _is_held_to_a_model(self, name: str, spec: ModelSpec) -> bool:
        other = spec.no_worse_than.model if spec.no_worse_than is not None else None
        if other is None or self._is_variant(other):
            return True
        models = [key for key, value in self.data.items() if not isinstance(value, MarkedList)]
        if other in models:
            return True
        what = "is a group" if other in self.data else "no such model in this file"
        hint = "name one model" if other in self.data else suggestion(other, models)
        message = f"model '{name}': no_worse_than: '{other}': {what} ({hint})"
        self._complain((name, "no_worse_than", "model"), message)
        return False

    def _from_text(self, name: str, text: str) -> ModelSpec | None:
        if not text:
            self._complain((name,), f"model '{name}': an empty reference (write `{name}: PATH`)")
            return None
        if text.startswith(("endpoint:", "http://", "https://")):
            spec = ModelSpec(endpoint=text.removeprefix("endpoint:"))
        elif text.startswith("completions:") or text.lower().endswith((".jsonl", ".json")):
            spec = ModelSpec(completions=text.removeprefix("completions:"))
        else:
            spec = ModelSpec(gguf=text)
        return spec if self._is_reference(name, spec) else None

    def _is_reference(self, name: str, spec: ModelSpec) -> bool:
        text = spec.gguf or (f"endpoint:{spec.endpoint}" if spec.endpoint else None)
        if text is None:
            return True
        try:
            parse_reference(text)
        except ModelError as error:
            self._complain((name,), f"model '{name}': {str(error).partition(': ')[2]}")
            return False
        return True

    def _complain(self, path: tuple[str | int, ...], message: str, *, key: bool = False) -> None:
        line, column = place_of(self.data, path, key=key)
        self.problems.append(Problem(file=self.display, line=line, column=column, message=message))
