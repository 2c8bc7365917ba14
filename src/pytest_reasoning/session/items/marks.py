"""Turns a case's tags, `skip` and `xfail` into pytest marks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_reasoning.records import Case, Model
from pytest_reasoning.suite import Suite, reason_for


def declare_tags(config: pytest.Config, suite: Suite) -> None:
    """Register the suite's tags as marks, for `--strict-markers` and `--markers`."""
    for tag in sorted({tag for case in suite.cases for tag in case.tags}):
        config.addinivalue_line("markers", f"{tag}: tag of reasoning suites")


def marks(case: Case, model: Model, strategy: str) -> Iterator[pytest.MarkDecorator]:
    """Yield the marks of one case × model × strategy."""
    for tag in case.tags:
        yield getattr(pytest.mark, tag)
    if (reason := reason_for(case.skip, model, strategy)) is not None:
        yield pytest.mark.skip(reason=reason)
    if (reason := reason_for(case.xfail, model, strategy)) is not None:
        yield pytest.mark.xfail(reason=reason, strict=False)
