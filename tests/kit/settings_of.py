"""Engine settings from mixed fields, for tables whose rows set the model's as well as the engine's."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from pytest_reasoning.engine import EngineSettings
from pytest_reasoning.records import ModelSettings

OF_MODEL = {one.name for one in fields(ModelSettings)}


def settings_of(**given: Any) -> EngineSettings:
    """Settings in which each field goes where it belongs."""
    model = ModelSettings(**{name: value for name, value in given.items() if name in OF_MODEL})
    return EngineSettings(model=model, **{name: value for name, value in given.items() if name not in OF_MODEL})
