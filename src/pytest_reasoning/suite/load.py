"""Loads a suite file, or raises one `SuiteError` with all of its problems. This is the room's entry point."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pytest_reasoning.records import Case, Expectation
from pytest_reasoning.suite.build import Builder
from pytest_reasoning.suite.format.extensions import Extensions
from pytest_reasoning.suite.format.keys import KNOWN_KEYS
from pytest_reasoning.suite.format.schema import SuiteSpec
from pytest_reasoning.suite.include import included
from pytest_reasoning.suite.suite import Suite
from pytest_reasoning.text.errors import Problem, SuiteError
from pytest_reasoning.text.yaml import MarkedList, MarkedMap, parse, place_of, problems_of, read_text

Check = Callable[[Case], str | None]
"Returns what is wrong with a rendered case, or None (`scoring.target_problem`)."


def load_suite(
    path: Path,
    *,
    display: str | None = None,
    extensions: Extensions | None = None,
    check: Check | None = None,
    fresh_seed: int | None = None,
    stimuli: int = 0,
    offline: bool = False,
    within: Path | None = None,
) -> Suite:
    """Read, check and render a suite file.

    Args:
        path: the file's path.
        display: the file's name in messages; None means the path.
        extensions: scorers, generators and strategies written in Python.
        check: returns what is wrong with a rendered case, or None.
        fresh_seed: seed for drawing fresh instances in addition to the file's own.
        stimuli: most quartets of generated questions that are drawn to compare models by.
        offline: use data set files of the hub only from the cache.
        within: the folder in which included files and data sets must be; None allows any.

    Raises:
        SuiteError: with every problem found.
    """
    shown = display if display is not None else str(path)
    text = read_text(path, shown)
    return suite_from_text(
        text,
        path=path,
        display=shown,
        extensions=extensions,
        check=check,
        fresh_seed=fresh_seed,
        stimuli=stimuli,
        offline=offline,
        within=within,
    )


def suite_from_text(
    text: str,
    *,
    path: Path,
    display: str,
    extensions: Extensions | None = None,
    check: Check | None = None,
    fresh_seed: int | None = None,
    stimuli: int = 0,
    offline: bool = False,
    within: Path | None = None,
) -> Suite:
    """Do what `load_suite` does for text already read from `path`."""
    data = parse(text, display)
    if data is None:
        problem = Problem(
            file=display, line=1, message="the file is empty (start with `prompt`, `target` and `cases`)"
        )
        raise SuiteError([problem])
    data, files = included(data, path.parent, display, within=within)
    _keep_written(data)
    names = extensions or Extensions()
    context = {"scorers": names.scorers, "generators": names.generators, "strategies": names.strategies}
    try:
        spec = SuiteSpec.model_validate(data, context=context)
    except ValidationError as error:
        raise SuiteError(_in_order(problems_of(error, data, files, KNOWN_KEYS))) from None
    name = spec.suite or path.stem
    builder = Builder(
        spec,
        data,
        files=files,
        name=name,
        folder=path.parent,
        fresh_seed=fresh_seed,
        check=check,
        offline=offline,
        within=within,
    )
    cases = builder.build()
    if builder.problems:
        raise SuiteError(_in_order(builder.problems))
    return Suite(
        stimuli=builder.stimuli(stimuli) if stimuli else (),
        name=name,
        file=display,
        description=spec.description,
        tags=spec.tags,
        strategies=tuple(strategy.name for strategy in spec.strategies),
        strategy_specs=spec.strategies,
        chat=None if spec.chat == "auto" else spec.chat,
        thresholds=spec.threshold or (),
        confidence=spec.confidence,
        expect=Expectation(**spec.expect.model_dump()) if spec.expect else Expectation(),
        evidence=spec.evidence.drift if spec.evidence else None,
        cases=tuple(case for case in cases if case.origin != "fresh"),
        # If one block has too few instances, a gap measured on the others would belong to another mix of cases.
        fresh=tuple(case for case in cases if case.origin == "fresh" and builder.no_fresh is None),
        no_fresh=builder.no_fresh,
        notes=tuple(builder.notes),
        line=place_of(data, ("threshold",), key=True)[0] if spec.threshold else 1,
    )


def _keep_written(data: Any) -> None:
    """Restore booleans in answers to their original texts, so that `target: True` means `True` and not `true`."""
    owners = [data, *(data.get("cases") or ()), *(data.get("fewshot") or ())] if isinstance(data, MarkedMap) else []
    for owner in owners:
        if not isinstance(owner, MarkedMap):
            continue
        for key in ("target", "options"):
            if key in owner.written:
                owner[key] = owner.written[key]
            elif isinstance(texts := owner.get(key), MarkedList):
                for position, written in texts.written.items():
                    texts[position] = written


def _in_order(problems: list[Problem]) -> list[Problem]:
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda problem: (problem.file, problem.line, problem.column))
