"""The types of answers: for each scorer its reader, and the rules for finding such answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pytest_reasoning.records import ScorerSpec
from pytest_reasoning.scoring.judge import Rules
from pytest_reasoning.scoring.reading import Reader, Reading
from pytest_reasoning.scoring.values.boolean import BooleanReader
from pytest_reasoning.scoring.values.date import date_reader
from pytest_reasoning.scoring.values.listing import list_reader, set_reader
from pytest_reasoning.scoring.values.maths import math_reader
from pytest_reasoning.scoring.values.number import number_reader
from pytest_reasoning.scoring.values.text import TextReader


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerType:
    """What a scorer reads."""

    reader: Callable[..., Reader]
    "Called with the scorer's parameters by name."
    rules: Rules = field(default_factory=Rules)


_SEVERAL = Rules(extent="several", plain_to_see=False)

TYPES: Mapping[str, AnswerType] = {
    "boolean": AnswerType(
        reader=BooleanReader, rules=Rules(extent="line", stays=True, reads_denials=True, one_word=True)
    ),
    "date": AnswerType(reader=date_reader),
    "list": AnswerType(reader=list_reader, rules=_SEVERAL),
    "math": AnswerType(reader=math_reader, rules=Rules(plain_to_see=False)),
    "number": AnswerType(reader=number_reader),
    "set": AnswerType(reader=set_reader, rules=_SEVERAL),
    "exact": AnswerType(reader=TextReader, rules=Rules(plain_to_see=False, or_line=True)),
}
"By scorer. `choice` needs a case's options besides, see `multiple_choice`."


def reader_of(spec: ScorerSpec) -> Reader:
    """Return the reader of a scorer with its parameters."""
    return _reader(spec.type, **_params(spec))


@lru_cache(maxsize=256)
def _reader(name: str, **params: Any) -> Reader:
    return TYPES[name].reader(**params)


# Targets are read when cases are collected, and needed again when the last of them has been.
@lru_cache(maxsize=16_384)
def _target(name: str, text: str, **params: Any) -> Reading | None:
    reader = _reader(name, **params)
    target = getattr(reader, "read_target", None)
    return target(text) if target is not None else reader.read(text, stated=True)


def target_reading(spec: ScorerSpec, text: str) -> Reading | None:
    """Return a target as its scorer's reader reads it.

    Raises:
        Ambiguous: it names several answers.
        Unreadable: it cannot be read whole.
    """
    return _target(spec.type, text, **_params(spec))


def _params(spec: ScorerSpec) -> dict[str, Any]:
    """Return the parameters of a reader, which are texts, numbers and truth values; `take` is not one of them."""
    return {key: value for key, value in spec.params.items() if key != "take"}
