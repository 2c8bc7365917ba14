"""Draws the instances of `generate`: makes attempts in order, and keeps those that are new and satisfy `where`."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_reasoning.suite.format.generators import MAX_INSTANCES, GenerateSpec
from pytest_reasoning.suite.generate.random_stream import RandomStream
from pytest_reasoning.suite.templates.templates import TemplateFault, evaluate

ATTEMPTS_PER_INSTANCE = 200
MAX_ATTEMPTS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One generated case's variables."""

    name: str
    group: str
    "The point of the sweep (`words=3`); empty without one."
    variables: dict[str, Any]


class NotEnough(TemplateFault):
    """There are too few different instances for `count`."""


def instances(spec: GenerateSpec) -> Iterator[Instance]:
    """Yield `spec.count` instances for each point of the sweep.

    Each variable of each attempt has its own random stream, so raising `count` keeps the earlier instances, and
    adding a variable keeps the values of the others.

    Raises:
        TemplateFault: an expression fails, or there are not enough instances.
    """
    for group, fixed in points(spec):
        yield from _named(spec, group, _draw(spec, fixed, spec.seed, set()))


def fresh_instances(spec: GenerateSpec, seed: int) -> Iterator[Instance]:
    """Yield as many instances from another seed, without any that the file's own seed draws.

    Their ids contain the seed, which draws the same ones again.
    """
    named = spec.model_copy(update={"name": f"fresh-{seed}-{spec.name}"})
    for group, fixed in points(spec):
        own = {_content(variables) for variables in _draw(spec, fixed, spec.seed, set())}
        yield from _named(named, group, _draw(spec, fixed, f"{spec.seed}/{seed}", own))


def points(spec: GenerateSpec) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the fixed variables of each point of the sweep."""
    points = list(itertools.product(*spec.sweep.values()))
    if len(points) * spec.count > MAX_INSTANCES:
        total = len(points) * spec.count
        raise TemplateFault(
            f"{len(points)} points × {spec.count} instances are {total:,}, the limit is {MAX_INSTANCES:,}"
        )
    for point in points:
        fixed = dict(zip(spec.sweep, point, strict=True))
        yield ",".join(f"{name}={value}" for name, value in fixed.items()), fixed


def _named(spec: GenerateSpec, group: str, drawn: Iterator[dict[str, Any]]) -> Iterator[Instance]:
    width = max(3, len(str(spec.count)))
    for number, variables in enumerate(drawn, start=1):
        name = "-".join(part for part in (spec.name, group, f"{number:0{width}}") if part)
        yield Instance(name=name, group=group, variables=variables)


def _content(variables: dict[str, Any]) -> str:
    return json.dumps(variables, sort_keys=True, default=str)


def _draw(spec: GenerateSpec, fixed: dict[str, Any], seed: str | int, taken: set[str]) -> Iterator[dict[str, Any]]:
    """Yield instances whose content is not in `taken`; if they must be unique, add them to it."""
    fresh, found = bool(taken), 0
    attempts = min(spec.count * ATTEMPTS_PER_INSTANCE, MAX_ATTEMPTS)
    for attempt in range(attempts):
        if found == spec.count:
            return
        variables = dict(fixed)
        for name, source in spec.vars.items():
            try:
                variables[name] = source.draw(RandomStream(seed, attempt, name), variables)
            except TemplateFault as fault:
                raise TemplateFault(f"vars.{name}: {fault}") from None
        if not all(evaluate(condition, variables) for condition in spec.where):
            continue
        if spec.unique or fresh:
            content = _content(variables)
            if content in taken:
                continue
            if spec.unique:
                taken.add(content)
        found += 1
        yield variables
    if found < spec.count:
        where = f" at {', '.join(f'{k}={v}' for k, v in fixed.items())}" if fixed else ""
        asked = f"only {found} of {spec.count}{' new' * fresh} instances found{where} in {attempts:,} draws"
        remedy = "or lower `count`" if fresh else ", lower `count` or set `unique: false`"
        raise NotEnough(f"{asked} (widen `vars`, loosen `where`{' ' * fresh}{remedy})")
