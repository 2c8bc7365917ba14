"""Draws the instances of `generate`: attempts in order, those kept that meet `where` and are new."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pytest_reasoning.suite.generator_specs import GenerateSpec
from pytest_reasoning.suite.random_stream import RandomStream
from pytest_reasoning.suite.templates import TemplateFault, evaluate

ATTEMPTS_PER_INSTANCE = 200


def instances(spec: GenerateSpec, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the variables of `spec.count` instances.

    Each variable of each attempt has a stream of its own, so raising `count` keeps the earlier instances
    and adding a variable keeps the values of the others. Raises `TemplateFault`.
    """
    seen: set[str] = set()
    found = 0
    for attempt in range(spec.count * ATTEMPTS_PER_INSTANCE):
        if found == spec.count:
            return
        known: dict[str, Any] = {}
        for name, source in spec.vars.items():
            try:
                known[name] = source.draw(RandomStream(seed, attempt, name), known)
            except TemplateFault as fault:
                raise TemplateFault(f"vars.{name}: {fault}") from None
        if not all(evaluate(condition, known) for condition in spec.where):
            continue
        if spec.unique:
            content = json.dumps(known, sort_keys=True, default=str)
            if content in seen:
                continue
            seen.add(content)
        found += 1
        yield known
    if found < spec.count:
        tries = spec.count * ATTEMPTS_PER_INSTANCE
        asked = f"only {found} of {spec.count} instances found in {tries:,} draws"
        raise TemplateFault(f"{asked} (widen `vars`, loosen `where`, lower `count` or set `unique: false`)")
