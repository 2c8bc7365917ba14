"""The options that keep cases from being run → how a run is paced, or None if every case runs."""

from __future__ import annotations

import re
import time

import pytest

from pytest_reasoning.session.options import setting
from pytest_reasoning.session.pacing import PaceSettings
from pytest_reasoning.verdict import StopSettings

_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|min)?")
_SECONDS = {None: 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def pace_settings(config: pytest.Config) -> PaceSettings | None:
    """Return what `--reasoning-stop` and `--reasoning-time-budget` ask for; the time runs from now.

    Raises `pytest.UsageError` for values that make no sense, alone or together.
    """
    rule, error, budget = setting(config, "stop"), setting(config, "stop-error"), setting(config, "time-budget")
    if not 0.0 < error < 1.0:
        raise pytest.UsageError(f"--reasoning-stop-error: {error:g} is no error level (take one between 0 and 1)")
    if rule == "off" and budget is None:
        return None
    if rule != "off" and setting(config, "baseline") is not None:
        raise pytest.UsageError(
            "--reasoning-stop: a comparison with a baseline needs every case (leave out one of the two options)"
        )
    return PaceSettings(
        stop=None if rule == "off" else StopSettings(rule=rule, error=error),
        deadline_s=None if budget is None else time.monotonic() + seconds(budget),
        budget=budget or "",
    )


def seconds(text: str) -> float:
    """Return a time written as `90s`, `10m` or `1h` in seconds; a bare number is seconds."""
    match = _TIME.fullmatch(text.strip().lower())
    if match is None:
        raise pytest.UsageError(f"--reasoning-time-budget: {text!r} is no time (write 90s, 10m or 1h)")
    return float(match[1]) * _SECONDS[match[2]]
