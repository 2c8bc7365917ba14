"""Validated specification → rendered cases; every problem is noted with its line and the rest goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_reasoning.errors import Problem
from pytest_reasoning.records import Case, Exemplar, Generation, ScorerSpec
from pytest_reasoning.suite.case_ids import content_hash, id_problem, made_id
from pytest_reasoning.suite.generate import instances
from pytest_reasoning.suite.problems import suggestion
from pytest_reasoning.suite.schema import (
    CASE_KEYS,
    SUITE_KEYS,
    CaseSpec,
    ExemplarSpec,
    Overridable,
    SuiteSpec,
)
from pytest_reasoning.suite.source import place_of
from pytest_reasoning.suite.templates import TemplateFault, names_in, render

MAX_PROBLEMS = 50
NOT_PER_CASE = SUITE_KEYS - CASE_KEYS
DEFAULT_SCORER = ScorerSpec(type="exact", params={"ignore_case": False})


class TooManyProblems(Exception):
    """Enough problems to report; rendering the rest would only repeat them."""


class Builder:
    """Turns one suite's specification into cases."""

    def __init__(self, spec: SuiteSpec, data: Any, display: str, name: str) -> None:
        self.spec, self.data, self.display, self.name = spec, data, display, name
        self.problems: list[Problem] = []
        self.cases: list[Case] = []
        self._exemplars: dict[int, tuple[Exemplar, ...]] = {}

    def build(self) -> list[Case]:
        """Return the rendered cases; `problems` then holds what was wrong."""
        try:
            self._inline_cases()
            self._generated_cases()
            self._make_ids_unique()
        except TooManyProblems:
            pass
        if not self.cases and not self.problems:
            self._note(("cases",), "the suite has no cases (add `cases` or `generate`)")
        return self.cases

    def _inline_cases(self) -> None:
        for index, case in enumerate(self.spec.cases):
            path: tuple[str | int, ...] = ("cases", index)
            name = str(case.id) if case.id is not None else None
            if name is not None and (problem := id_problem(name)):
                self._note((*path, "id"), f"case {index + 1}: {problem}")
            elif self._keys_are_sound(case, path, name or str(index + 1)):
                self._add(case, dict(case.model_extra or {}), path, name)

    def _generated_cases(self) -> None:
        generate = self.spec.generate
        if generate is None:
            return
        try:
            width = max(3, len(str(generate.count)))
            for number, variables in enumerate(instances(generate, generate.seed), start=1):
                self._add(CaseSpec(), variables, ("generate",), f"generated-{number:0{width}}")
        except TemplateFault as fault:
            self._note(("generate",), f"generate: {fault}")

    def _keys_are_sound(self, case: CaseSpec, path: tuple[str | int, ...], label: str) -> bool:
        extra = case.model_extra or {}
        used = self._names_used(case)
        sound = True
        for key in extra:
            near = suggestion(key, CASE_KEYS) if key not in used else ""
            if key in NOT_PER_CASE:
                self._note(
                    (*path, key),
                    f"case '{label}': '{key}' cannot be set for one case (set it for the suite)",
                    key=True,
                )
                sound = False
            elif near.startswith("did you mean"):
                self._note((*path, key), f"case '{label}': unknown key '{key}' ({near})", key=True)
                sound = False
        return sound

    def _names_used(self, case: Overridable) -> frozenset[str]:
        prompt = case.prompt if case.prompt is not None else self.spec.prompt
        target = case.target if case.target is not None else self.spec.target
        system = case.system if case.system is not None else self.spec.system
        return frozenset().union(*(names_in(text) for text in (prompt or "", system or "", *(target or ()))))

    def _add(
        self, case: CaseSpec, variables: Mapping[str, Any], path: tuple[str | int, ...], name: str | None
    ) -> None:
        spec = self.spec
        prompt = case.prompt if case.prompt is not None else spec.prompt
        target = case.target if case.target is not None else spec.target
        label = name or (str(int(path[1]) + 1) if len(path) > 1 else path[0])
        if prompt is None or target is None:
            missing = "prompt" if prompt is None else "target"
            self._note(path, f"case '{label}': no {missing} (give one to the suite or to the case)")
            return
        try:
            rendered = self._rendered("prompt", prompt, variables)
            targets = tuple(self._rendered("target", text, variables) for text in target)
            system = case.system if case.system is not None else spec.system
            system = None if system is None else self._rendered("system", system, variables)
        except TemplateFault as fault:
            self._note(path, f"case '{label}': {fault}")
            return
        line, _ = place_of(self.data, path)
        self.cases.append(
            Case(
                suite=self.name,
                id=name if name is not None else f"\0{made_id(variables, rendered)}",
                file=self.display,
                line=line or 1,
                prompt=rendered,
                target=targets,
                scorer=case.scorer or spec.scorer or DEFAULT_SCORER,
                generation=self._generation(case),
                system=system,
                fewshot=self._fewshot(case, path),
                tags=tuple(dict.fromkeys((*spec.tags, *case.tags))),
                repeats=case.repeats or spec.repeats or 1,
                variables=variables,
            )
        )

    def _rendered(self, key: str, template: str, variables: Mapping[str, Any]) -> str:
        try:
            return render(template, variables)
        except TemplateFault as fault:
            raise TemplateFault(f"{key}: {fault}") from None

    def _generation(self, case: CaseSpec) -> Generation:
        own = case.generation.model_dump(exclude_unset=True) if case.generation else {}
        return Generation(**{**(self.spec.generation.model_dump() if self.spec.generation else {}), **own})

    def _fewshot(self, case: CaseSpec, path: tuple[str | int, ...]) -> tuple[Exemplar, ...]:
        specs = case.fewshot if case.fewshot is not None else self.spec.fewshot or ()
        where = (*path, "fewshot") if case.fewshot is not None else ("fewshot",)
        if id(specs) not in self._exemplars:
            exemplars = [self._exemplar(spec, (*where, index)) for index, spec in enumerate(specs)]
            self._exemplars[id(specs)] = tuple(exemplar for exemplar in exemplars if exemplar is not None)
        return self._exemplars[id(specs)]

    def _exemplar(self, exemplar: ExemplarSpec, path: tuple[str | int, ...]) -> Exemplar | None:
        variables = dict(exemplar.model_extra or {})
        label = f"fewshot[{int(path[-1]) + 1}]"
        prompt = exemplar.prompt or self.spec.prompt
        target = exemplar.target or self.spec.target
        if prompt is None or target is None:
            missing = "prompt" if prompt is None else "target"
            self._note(path, f"{label}: no {missing} (give one to the suite or to the exemplar)")
            return None
        if exemplar.rationale is None and "cot" in self.spec.strategies:
            self._note(path, f"{label}: no rationale, which strategy 'cot' shows (add `rationale`, or drop 'cot')")
            return None
        try:
            rendered = self._rendered("prompt", prompt, variables)
            answer = self._rendered("target", target[0], variables)
            known = {**variables, "prompt": rendered, "target": answer}
            rationale = (
                None if exemplar.rationale is None else self._rendered("rationale", exemplar.rationale, known)
            )
        except TemplateFault as fault:
            self._note(path, f"{label}: {fault}")
            return None
        return Exemplar(prompt=rendered, target=answer, rationale=rationale)

    def _make_ids_unique(self) -> None:
        counts: dict[str, int] = {}
        for case in self.cases:
            name = case.id.removeprefix("\0")
            counts[name] = counts.get(name, 0) + 1
        seen: dict[str, int] = {}
        for index, case in enumerate(self.cases):
            name = case.id.removeprefix("\0")
            if case.id != name and counts[name] > 1:
                name = f"{name}-{content_hash(case.variables, case.prompt)}"
            if name in seen:
                remedy = "give each an `id` of its own" if case.id[0] == "\0" else "rename one"
                message = f"case '{name}': stands twice, first on line {seen[name]} ({remedy})"
                self._raise_or_keep(Problem(file=self.display, line=case.line, message=message))
            seen.setdefault(name, case.line)
            if case.id != name:
                self.cases[index] = replace_id(case, name)

    def _note(self, path: tuple[str | int, ...], message: str, *, key: bool = False) -> None:
        line, column = place_of(self.data, path, key=key)
        self._raise_or_keep(Problem(file=self.display, line=line, column=column, message=message))

    def _raise_or_keep(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise TooManyProblems


def replace_id(case: Case, name: str) -> Case:
    """Return the case under another id."""
    fields = {field: getattr(case, field) for field in Case.__dataclass_fields__}
    return Case(**{**fields, "id": name})
