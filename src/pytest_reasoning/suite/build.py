"""Renders the cases of a validated suite; collects all problems with their lines, not only the first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_reasoning.records import Case, Exemplar, Generation, Origin, ScorerSpec, Thinking
from pytest_reasoning.suite.datasets.files import DatasetFault
from pytest_reasoning.suite.datasets.rows import MOST_FAULTS, DataRow, rows_of
from pytest_reasoning.suite.format.datasets import DatasetSpec
from pytest_reasoning.suite.format.generators import GenerateSpec
from pytest_reasoning.suite.format.schema import (
    CASE_KEYS,
    SUITE_KEYS,
    CaseSpec,
    Overridable,
    SuiteSpec,
    ThinkingSpec,
)
from pytest_reasoning.suite.ids import content_hash, id_problem, made_id
from pytest_reasoning.suite.instances import Instance, NotEnough, fresh_instances, instances
from pytest_reasoning.suite.rendering import exemplar_of, options_of, rendered, tags_of
from pytest_reasoning.suite.stimuli import Stimulus, stimuli
from pytest_reasoning.suite.templates.templates import TemplateFault, names_in
from pytest_reasoning.text.errors import Problem
from pytest_reasoning.text.wording import suggestion
from pytest_reasoning.text.yaml import place_of

MAX_PROBLEMS = 50
MAX_CASES = 200_000
NOT_PER_CASE = SUITE_KEYS - CASE_KEYS
DEFAULT_SCORER = ScorerSpec(type="exact", params={"ignore_case": False})

Path_ = tuple[str | int, ...]


class TooManyProblems(Exception):
    """There are enough problems to report; further ones would only repeat them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A case before it is rendered."""

    spec: CaseSpec
    variables: Mapping[str, Any]
    path: Path_
    "Its place in the suite file."
    name: str | None
    "Its id; None if it is to be made from the content."
    label: str
    "Its name in messages."
    origin: Origin = "case"
    group: str = ""


class Builder:
    """Turns one suite's specification into cases."""

    def __init__(
        self,
        spec: SuiteSpec,
        data: Any,
        *,
        files: Mapping[str, str],
        name: str,
        folder: Path,
        fresh_seed: int | None = None,
        check: Callable[[Case], str | None] | None = None,
        offline: bool = False,
        within: Path | None = None,
    ) -> None:
        """Take the specification, the data it was read from, and `files`: top-level key → file shown for it.

        `fresh_seed` draws fresh instances too, as many as the file's own.
        """
        self.spec, self.data, self.files, self.name = spec, data, files, name
        self.folder, self.fresh_seed, self.check, self.offline = folder, fresh_seed, check, offline
        self.within = within
        self.display = files[""]
        self.problems: list[Problem] = []
        self.no_fresh: Problem | None = None
        "Why there are no fresh instances although a seed for them was given."
        self.notes: list[str] = []
        "Notes to the user about what was left out on purpose."
        self.cases: list[Case] = []
        self._exemplars: dict[int, tuple[Exemplar, ...]] = {}
        self._unnamed: set[int] = set()
        self._said: tuple[CaseSpec, Path_, dict[str, Any]] | None = None
        "What the specification of the last case says."

    def build(self) -> list[Case]:
        """Return the rendered cases; afterwards `problems` holds all problems found."""
        try:
            self._inline_cases()
            self._generated_cases()
            self._dataset_cases()
            self._make_ids_unique()
        except TooManyProblems:
            pass
        if not self.cases and not self.problems:
            self._note(("cases",), "the suite has no cases (add `cases`, `generate` or `dataset`)")
        return self.cases

    def stimuli(self, count: int) -> tuple[Stimulus, ...]:
        """Return up to `count` stimuli of what the suite generates, as even over its blocks as can be."""
        blocks = self.spec.generate
        found: list[Stimulus] = []
        for place, block in enumerate(blocks):
            share = count // len(blocks) + (place < count % len(blocks))
            found += stimuli(block, self._case_of_variables, share)
        return tuple(found)

    def _case_of_variables(self, variables: Mapping[str, Any]) -> Case | None:
        draft = Draft(spec=CaseSpec(), variables=variables, path=("generate",), name="stimulus", label="a stimulus")
        return self.cases.pop() if self._fault_of(draft) is None else None

    def _inline_cases(self) -> None:
        for index, case in enumerate(self.spec.cases):
            path: Path_ = ("cases", index)
            name = str(case.id) if case.id is not None else None
            if name is not None and (problem := id_problem(name)):
                self._note((*path, "id"), f"case {index + 1}: {problem}")
                continue
            label = f"case '{name}'" if name else f"case {index + 1}"
            if self._keys_are_sound(case, path, label):
                self._add(Draft(spec=case, variables=case.model_extra or {}, path=path, name=name, label=label))

    def _generated_cases(self) -> None:
        several = isinstance(self.data.get("generate"), list)
        names = [block.name for block in self.spec.generate]
        for index, block in enumerate(self.spec.generate):
            path: Path_ = ("generate", index) if several else ("generate",)
            if names.count(block.name) > 1:
                self._note(path, f"generate: two blocks are named '{block.name}' (give each a `name` of its own)")
                return
            try:
                if not self._add_instances(block, instances(block), path, "generated"):
                    return
                if self.fresh_seed is not None and not self._add_fresh(block, self.fresh_seed, path):
                    return
            except TemplateFault as fault:
                self._note(path, f"generate: {fault}")

    def _add_fresh(self, block: GenerateSpec, seed: int, path: Path_) -> bool:
        try:
            drawn = list(fresh_instances(block, seed))
        except NotEnough as fault:
            line, column = place_of(self.data, path)
            message = f"no gap to fresh instances: {fault}"
            self.no_fresh = Problem(file=self._file_of(path), line=line, column=column, message=message)
            return True
        return self._add_instances(block, drawn, path, "fresh")

    def _add_instances(self, block: GenerateSpec, drawn: Iterable[Instance], path: Path_, origin: Origin) -> bool:
        """Add instances up to the first with a problem, since the others would have it too."""
        return all(
            self._add(
                Draft(
                    spec=CaseSpec(tags=tags_of(block.tags, one.variables)),
                    variables=one.variables,
                    path=path,
                    name=one.name,
                    label=f"case '{one.name}'",
                    origin=origin,
                    group=one.group,
                )
            )
            for one in drawn
        )

    def _dataset_cases(self) -> None:
        several = isinstance(self.data.get("dataset"), list)
        for index, block in enumerate(self.spec.dataset):
            path: Path_ = ("dataset", index) if several else ("dataset",)
            try:
                rows, faults = rows_of(block, self.folder, offline=self.offline, within=self.within)
            except DatasetFault as fault:
                for one in fault.args:
                    self._note(path, f"dataset: {one}")
                continue
            found = [self._row_fault(block, row, path) for row in rows]
            faults += [one for one in found if one is not None]
            if not faults:
                continue
            if block.on_error == "skip":
                self.notes.append(_left_out(block.file, faults))
                continue
            for one in faults[:MOST_FAULTS]:
                self._note(path, one)
            if len(faults) > MOST_FAULTS:
                self._note(path, f"{block.file}: {len(faults) - MOST_FAULTS} more rows are faulty")

    def _row_fault(self, block: DatasetSpec, row: DataRow, path: Path_) -> str | None:
        """Add the case of a row, or return what is wrong with it."""
        draft = Draft(
            spec=row.overrides,
            variables=row.variables,
            path=path,
            name=row.name if len(self.spec.dataset) == 1 else f"{Path(block.file).stem}-{row.name}",
            label=f"{block.file}:{row.line}",
            origin="dataset",
        )
        if (problem := id_problem(draft.name or "")) is not None:
            return f"{draft.label}: {problem}"
        return self._fault_of(draft)

    def _keys_are_sound(self, case: CaseSpec, path: Path_, label: str) -> bool:
        used, sound = self._names_used(case), True
        for key in case.model_extra or {}:
            near = suggestion(key, CASE_KEYS) if key not in used else ""
            if key in NOT_PER_CASE:
                self._note(
                    (*path, key), f"{label}: '{key}' cannot be set for one case (set it for the suite)", key=True
                )
                sound = False
            elif near.startswith("did you mean"):
                self._note((*path, key), f"{label}: unknown key '{key}' ({near})", key=True)
                sound = False
        return sound

    def _names_used(self, case: CaseSpec) -> frozenset[str]:
        texts = [self._either(case, key) or "" for key in ("prompt", "system")]
        options = self._either(case, "options") or ()
        expressions = [options] if isinstance(options, str) else []
        texts += [*(self._either(case, "target") or ()), *(() if expressions else options)]
        named = [names_in(text) for text in texts] + [names_in(text, expression=True) for text in expressions]
        return frozenset().union(*named)

    def _either(self, case: CaseSpec, key: str) -> Any:
        own = getattr(case, key)
        return own if own is not None else getattr(self.spec, key)

    def _add(self, draft: Draft) -> bool:
        """Add a case or record its problem; return whether it was added."""
        fault = self._fault_of(draft)
        if fault is not None:
            self._note(draft.path, fault)
        return fault is None

    def _fault_of(self, draft: Draft) -> str | None:
        """Add a case, or return what is wrong with it."""
        case = draft.spec
        try:
            fields = self._rendered_fields(draft)
        except TemplateFault as fault:
            return f"{draft.label}: {fault}"
        made = draft.name if draft.name is not None else made_id(draft.variables, fields["prompt"])
        if draft.name is None:
            self._unnamed.add(len(self.cases))
        self.cases.append(
            Case(
                suite=self.name,
                id=made,
                origin=draft.origin,
                group=draft.group,
                **self._said_by(case, draft.path),
                **fields,
            )
        )
        if draft.origin != "fresh" and (shown := self._shown_line(self.cases[-1], case, draft.path)) is not None:
            what = f"the worked example on line {shown} asks the same question, with its answer"
            del self.cases[-1]
            self._unnamed.discard(len(self.cases))
            return f"{draft.label}: {what} (change one of them)"
        if self.check is not None and (problem := self.check(self.cases[-1])) is not None:
            del self.cases[-1]
            self._unnamed.discard(len(self.cases))
            return f"{draft.label}: {problem}"
        if len(self.cases) > MAX_CASES:
            self._note(draft.path, f"more than {MAX_CASES:,} cases (lower `limit` or `count`)")
            raise TooManyProblems
        return None

    def _said_by(self, case: CaseSpec, path: Path_) -> dict[str, Any]:
        """Return the fields of a case that depend on no variable; all rows of a data set share them."""
        if self._said is None or self._said[0] is not case or self._said[1] != path:
            said = {
                "file": self._file_of(path),
                "line": place_of(self.data, path)[0] or 1,
                "scorer": self._either(case, "scorer") or DEFAULT_SCORER,
                "generation": self._generation(case),
                "generation_keys": _set_keys(self.spec, case) if case.generation else self._suites_keys,
                "fewshot": self._fewshot(case, path),
                "tags": tuple(dict.fromkeys((*self.spec.tags, *case.tags))),
                "repeats": self._either(case, "repeats") or 1,
                "grammar": self._either(case, "grammar"),
                "thinking": self._suites_thinking if case.thinking is None else _thinking(case.thinking),
                "markers": self.spec.markers,
                "must_pass": case.must_pass,
                "skip": self._either(case, "skip") or (),
                "xfail": self._either(case, "xfail") or (),
            }
            self._said = case, path, said
        return self._said[2]

    def _shown_line(self, case: Case, spec: CaseSpec, path: Path_) -> int | None:
        """Return the line of a worked example that asks the case's own question, or None."""
        where: Path_ = (*path, "fewshot") if spec.fewshot is not None else ("fewshot",)
        for index, exemplar in enumerate(case.fewshot):
            if exemplar.prompt.strip() == case.prompt.strip():
                return place_of(self.data, (*where, index))[0] or 1
        return None

    def _rendered_fields(self, draft: Draft) -> dict[str, Any]:
        case = draft.spec
        variables = {**self.spec.defaults, **draft.variables}
        prompt, target, system = (self._either(case, key) for key in ("prompt", "target", "system"))
        scorer = self._either(case, "scorer") or DEFAULT_SCORER
        if target is None and scorer.params.get("schema") is not None:
            target = ()  # meeting the schema is the whole answer
        for key, value in (("prompt", prompt), ("target", target)):
            if value is None:
                nulls = key in case.model_fields_set or key in self.spec.model_fields_set
                read = "null was read for it; quote it if the text null is meant" if nulls else ""
                raise TemplateFault(f"no {key} ({read or 'give one to the suite or to the case'})")
        options = options_of(self._either(case, "options"), variables)
        if options:
            variables["options"] = list(options)
        if scorer.type == "choice" and not options:
            raise TemplateFault("scorer 'choice' needs the answers to choose from (add `options`)")
        question = rendered("prompt", prompt, variables)
        return {
            "prompt": question,
            "questions": {
                strategy.name: rendered("instruction", strategy.instruction, {**variables, "prompt": question})
                for strategy in self.spec.strategies
                if strategy.instruction is not None
            },
            "target": tuple(rendered("target", text, variables) for text in target),
            "system": None if system is None else rendered("system", system, variables),
            "variables": variables,
            "cluster": self._cluster(variables),
            "options": options,
            "choices": tuple(f" {option}" for option in options) if scorer.params.get("by") == "likelihood" else (),
        }

    def _cluster(self, variables: Mapping[str, Any]) -> str:
        """Return the value of the suite's `cluster` variable as text; empty if the suite names none."""
        name = self.spec.cluster
        if name is None:
            return ""
        if name not in variables:
            known = ", ".join(sorted(variables)) or "none"
            raise TemplateFault(f"no variable '{name}', which `cluster` names (there are: {known})")
        value = variables[name]
        return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)

    def _generation(self, case: CaseSpec) -> Generation:
        if case.generation is None:
            return self._suites_generation
        own = case.generation.model_dump(exclude_unset=True)
        return Generation(**{**(self.spec.generation.model_dump() if self.spec.generation else {}), **own})

    @cached_property
    def _suites_generation(self) -> Generation:
        return Generation(**(self.spec.generation.model_dump() if self.spec.generation else {}))

    @cached_property
    def _suites_thinking(self) -> Thinking:
        return _thinking(self.spec.thinking)

    @cached_property
    def _suites_keys(self) -> tuple[str, ...]:
        return _set_keys(self.spec)

    def _fewshot(self, case: CaseSpec, path: Path_) -> tuple[Exemplar, ...]:
        specs = self._either(case, "fewshot") or ()
        where = (*path, "fewshot") if case.fewshot is not None else ("fewshot",)
        if id(specs) not in self._exemplars:
            rationales = next((s.name for s in self.spec.strategies if s.rationales and s.exemplars), None)
            owner: Overridable = self.spec
            if case.fewshot is not None:  # a case's own examples ask as it does
                owner = CaseSpec(**{key: self._either(case, key) for key in ("prompt", "target", "options")})
            exemplars = []
            for index, spec in enumerate(specs):
                try:
                    exemplars.append(exemplar_of(spec, owner, self.spec.defaults, rationales))
                except TemplateFault as fault:
                    self._note((*where, index), f"fewshot[{index + 1}]: {fault}")
            if rationales and not specs:
                remedy = "add `fewshot` or use zero-shot-cot"
                self._note(
                    ("strategies",), f"strategy '{rationales}' shows worked examples and there are none ({remedy})"
                )
            self._exemplars[id(specs)] = tuple(exemplars)
        return self._exemplars[id(specs)]

    def _make_ids_unique(self) -> None:
        counts: dict[str, int] = {}
        for case in self.cases:
            counts[case.id] = counts.get(case.id, 0) + 1
        seen: dict[str, int] = {}
        for index, case in enumerate(self.cases):
            name = case.id
            if index in self._unnamed and counts[name] > 1:
                name = f"{name}-{content_hash(case.variables, case.prompt)}"
                self.cases[index] = replace(case, id=name)
            if name in seen:
                remedy = "give each an `id` of its own" if index in self._unnamed else "rename one"
                message = f"case '{name}': stands twice, first on line {seen[name]} ({remedy})"
                self._keep(Problem(file=case.file, line=case.line, message=message))
            seen.setdefault(name, case.line)

    def _file_of(self, path: Path_) -> str:
        return self.files.get(str(path[0]), self.display)

    def _note(self, path: Path_, message: str, *, key: bool = False) -> None:
        line, column = place_of(self.data, path, key=key)
        self._keep(Problem(file=self._file_of(path), line=line, column=column, message=message))

    def _keep(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise TooManyProblems


def _thinking(spec: ThinkingSpec | None) -> Thinking:
    if spec is None:
        return Thinking()
    return Thinking(
        enabled=None if spec.enabled == "auto" else spec.enabled,
        budget=spec.budget,
        formats=tuple((one.open, one.close) for one in spec.formats),
    )


def _left_out(file: str, faults: Sequence[str]) -> str:
    rows = f"{len(faults)} faulty row" + ("s" if len(faults) > 1 else "")
    return f"{rows} of {file} left out, the first: {faults[0]}"


def _set_keys(*specs: SuiteSpec | CaseSpec) -> tuple[str, ...]:
    """Return which keys of `generation` are written in the suite or in the case."""
    return tuple(sorted({key for spec in specs if spec.generation for key in spec.generation.model_fields_set}))
