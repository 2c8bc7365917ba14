"""`skip` and `xfail`: which condition of a case holds for a model."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reasoning.records import Condition, ModelFacts
from pytest_reasoning.suite.templates.templates import TemplateFault, evaluate
from pytest_reasoning.text.errors import ReasoningError


def reason_for(conditions: Sequence[Condition], model: ModelFacts, strategy: str) -> str | None:
    """Return the reason of the first condition that holds, None if none does.

    Raises `ReasoningError` if an expression fails on this model's facts.
    """
    facts = {
        "name": model.name,
        "n_params": model.n_params,
        "n_layers": model.n_layers,
        "quantization": model.quantization,
        "architecture": model.architecture,
        "strategy": strategy,
    }
    for condition in conditions:
        try:
            if condition.when is None or evaluate(condition.when, facts):
                return condition.reason
        except TemplateFault as fault:
            what = f"the condition '{condition.when}' fails for model '{model.name}': {fault}"
            raise ReasoningError(what) from None
    return None
