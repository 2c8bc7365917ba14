"""Outcomes → pass rates, gates, baselines and what they say; pure but for reading and writing a baseline."""

from pytest_reasoning.verdict.gates import GateSettings, judge_gate
from pytest_reasoning.verdict.passrates import PassRate, PassRateRow, PassRateTable, pass_rates
from pytest_reasoning.verdict.thresholds import threshold_for

__all__ = [
    "GateSettings",
    "PassRate",
    "PassRateRow",
    "PassRateTable",
    "judge_gate",
    "pass_rates",
    "threshold_for",
]
