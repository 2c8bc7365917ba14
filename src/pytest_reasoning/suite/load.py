"""The way in: a suite file's path → `Suite`, or one `SuiteError` with everything wrong in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pytest_reasoning.errors import Problem, SuiteError
from pytest_reasoning.records import ThresholdRule
from pytest_reasoning.suite.build import Builder
from pytest_reasoning.suite.problems import problems_of
from pytest_reasoning.suite.schema import CASE_KEYS, EXEMPLAR_KEYS, SUITE_KEYS, GenerationSpec, SuiteSpec
from pytest_reasoning.suite.source import parse, place_of, read_text
from pytest_reasoning.suite.suite import Suite

KEYS = {
    "": SUITE_KEYS,
    "cases": CASE_KEYS,
    "fewshot": EXEMPLAR_KEYS,
    "generation": frozenset(GenerationSpec.model_fields),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """What plugins and conftest files add to the format; names that a suite may then use."""

    scorers: Mapping[str, Any] = field(default_factory=dict)
    generators: Mapping[str, Any] = field(default_factory=dict)
    strategies: Mapping[str, Any] = field(default_factory=dict)


def load_suite(path: Path, *, display: str | None = None, extensions: Extensions | None = None) -> Suite:
    """Read, check and render a suite file.

    `display` is the file's name in messages. Raises `SuiteError` with every problem found.
    """
    shown = display if display is not None else str(path)
    return suite_from_text(read_text(path, shown), display=shown, stem=path.stem, extensions=extensions)


def suite_from_text(text: str, *, display: str, stem: str, extensions: Extensions | None = None) -> Suite:
    """Do what `load_suite` does for text already read; `stem` names the suite if the text does not."""
    data = parse(text, display)
    if data is None:
        raise SuiteError(
            [Problem(file=display, line=1, message="the file is empty (start with `prompt`, `target` and `cases`)")]
        )
    names = extensions or Extensions()
    context = {"scorers": names.scorers, "generators": names.generators, "strategies": names.strategies}
    try:
        spec = SuiteSpec.model_validate(data, context=context)
    except ValidationError as error:
        raise SuiteError(problems_of(error, data, display, KEYS)) from None
    name = spec.suite or stem
    builder = Builder(spec, data, display, name)
    cases = builder.build()
    if builder.problems:
        raise SuiteError(builder.problems)
    thresholds: tuple[ThresholdRule, ...] = spec.threshold or ()
    return Suite(
        name=name,
        file=display,
        description=spec.description,
        tags=spec.tags,
        strategies=spec.strategies,
        thresholds=thresholds,
        cases=tuple(cases),
        line=place_of(data, ("threshold",), key=True)[0] if thresholds else 1,
    )
