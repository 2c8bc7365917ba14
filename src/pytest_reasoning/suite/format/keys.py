"""The keys allowed in each part of a suite file, from which misspelled keys get suggestions."""

from __future__ import annotations

from pydantic import BaseModel

from pytest_reasoning.suite.format.datasets import DatasetSpec
from pytest_reasoning.suite.format.fields import ConditionSpec, StrategySpec
from pytest_reasoning.suite.format.generators import GenerateSpec
from pytest_reasoning.suite.format.schema import (
    CaseSpec,
    EvidenceSpec,
    ExemplarSpec,
    ExpectSpec,
    GenerationSpec,
    SuiteSpec,
    ThinkingSpec,
)
from pytest_reasoning.suite.format.scorers import SCORERS
from pytest_reasoning.suite.generate.generators import GENERATORS
from pytest_reasoning.text.thinking_format import ThinkingFormat

_MODELS: dict[str, type[BaseModel]] = {
    "": SuiteSpec,
    "cases": CaseSpec,
    "dataset": DatasetSpec,
    "evidence": EvidenceSpec,
    "expect": ExpectSpec,
    "fewshot": ExemplarSpec,
    "formats": ThinkingFormat,
    "generate": GenerateSpec,
    "generation": GenerationSpec,
    "skip": ConditionSpec,
    "strategies": StrategySpec,
    "thinking": ThinkingSpec,
    "xfail": ConditionSpec,
    **GENERATORS,
}


def _keys(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in model.model_fields.items())


KNOWN_KEYS = {name: _keys(model) for name, model in _MODELS.items()} | {
    "scorer": frozenset({"type"}).union(*(_keys(model) for model in SCORERS.values())),
}
