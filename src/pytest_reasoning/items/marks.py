"""What a suite says of a case in pytest's own words: its tags, and when it is skipped or expected to fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_reasoning.records import Case, Condition, ModelFacts
from pytest_reasoning.suite import Suite
from pytest_reasoning.suite.templates import evaluate


def declare_tags(config: pytest.Config, suite: Suite) -> None:
    """Make the suite's tags known as marks, for `--strict-markers` and `--markers`."""
    for tag in sorted({tag for case in suite.cases for tag in case.tags}):
        config.addinivalue_line("markers", f"{tag}: tag of reasoning suites")


def marks(case: Case, model: ModelFacts, strategy: str) -> Iterator[pytest.MarkDecorator]:
    """Yield the marks of one case × model × strategy."""
    for tag in case.tags:
        yield getattr(pytest.mark, tag)
    known = {
        "name": model.name,
        "n_params": model.n_params,
        "n_layers": model.n_layers,
        "quantization": model.quantization,
        "architecture": model.architecture,
        "strategy": strategy,
    }
    for condition in case.skip:
        if _holds(condition, known):
            yield pytest.mark.skip(reason=condition.reason)
    for condition in case.xfail:
        if _holds(condition, known):
            yield pytest.mark.xfail(reason=condition.reason, strict=False)


def _holds(condition: Condition, known: dict[str, object]) -> bool:
    return condition.when is None or bool(evaluate(condition.when, known))
