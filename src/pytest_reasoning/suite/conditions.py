"""Evaluates the `skip` and `xfail` conditions of a case for a model."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reasoning.records import OTHER_KINDS, Condition, Gguf, Model
from pytest_reasoning.suite.templates.templates import TemplateFault, evaluate
from pytest_reasoning.text.errors import ReasoningError


def reason_for(conditions: Sequence[Condition], model: Model, strategy: str) -> str | None:
    """Return the reason of the first condition that is true, or None.

    Raises:
        ReasoningError: an expression fails on this model's facts.
    """
    facts = {"name": model.name, "strategy": strategy, **_header_facts(model)}
    for condition in conditions:
        try:
            if condition.when is None or evaluate(condition.when, facts):
                return condition.reason
        except TemplateFault as fault:
            what = f"the condition '{condition.when}' fails for model '{model.name}': {fault}"
            raise ReasoningError(what) from None
    return None


def _header_facts(model: Model) -> dict[str, str | int]:
    """Return the facts that conditions may use; without a GGUF file these are 0 and the kind of model."""
    if isinstance(model, Gguf):
        names = ("n_params", "n_layers", "quantization", "architecture")
        return {name: getattr(model, name) for name in names}
    kind = OTHER_KINDS[type(model)]
    return {"n_params": 0, "n_layers": 0, "quantization": kind, "architecture": kind}
