"""Draws the instances of `generate`: attempts in order, those kept that meet `where` and are new."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_reasoning.suite.generator_specs import MAX_INSTANCES, GenerateSpec
from pytest_reasoning.suite.random_stream import RandomStream
from pytest_reasoning.suite.templates import TemplateFault, evaluate

ATTEMPTS_PER_INSTANCE = 200
MAX_ATTEMPTS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One generated case's variables."""

    name: str
    group: str
    "The point of the sweep (`words=3`); empty without one."
    variables: dict[str, Any]


def instances(spec: GenerateSpec, *, fresh_seed: int | None = None) -> Iterator[Instance]:
    """Yield `spec.count` instances for each point of the sweep.

    Each variable of each attempt has a stream of its own, so raising `count` keeps the earlier instances
    and adding a variable keeps the values of the others. `fresh_seed` draws others: none of the instances
    of the file's own seed are among them. Raises `TemplateFault`.
    """
    points = list(itertools.product(*spec.sweep.values()))
    if len(points) * spec.count > MAX_INSTANCES:
        total = len(points) * spec.count
        raise TemplateFault(
            f"{len(points)} points × {spec.count} instances are {total:,}, the limit is {MAX_INSTANCES:,}"
        )
    width = max(3, len(str(spec.count)))
    for point in points:
        fixed = dict(zip(spec.sweep, point, strict=True))
        group = ",".join(f"{name}={value}" for name, value in fixed.items())
        seen: set[str] = set()
        drawn = list(_draw(spec, fixed, spec.seed, seen))
        if fresh_seed is not None:
            drawn = list(_draw(spec, fixed, f"{spec.seed}/{fresh_seed}", seen))
        for number, variables in enumerate(drawn, start=1):
            name = "-".join(part for part in (spec.name, group, f"{number:0{width}}") if part)
            yield Instance(name=name, group=group, variables=variables)


def _draw(spec: GenerateSpec, fixed: dict[str, Any], seed: str | int, seen: set[str]) -> Iterator[dict[str, Any]]:
    found = 0
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
        if spec.unique:
            content = json.dumps(variables, sort_keys=True, default=str)
            if content in seen:
                continue
            seen.add(content)
        found += 1
        yield variables
    if found < spec.count:
        where = f" at {', '.join(f'{k}={v}' for k, v in fixed.items())}" if fixed else ""
        asked = f"only {found} of {spec.count} instances found{where} in {attempts:,} draws"
        raise TemplateFault(f"{asked} (widen `vars`, loosen `where`, lower `count` or set `unique: false`)")
