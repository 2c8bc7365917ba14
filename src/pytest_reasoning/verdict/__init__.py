"""Outcomes → pass rates, gates, baselines and what they say; pure but for reading and writing a baseline."""

from pytest_reasoning.verdict.gate_plan import gate_warning
from pytest_reasoning.verdict.gates import GateSettings, counts_as, judge_gate, why_not_judged
from pytest_reasoning.verdict.passrates import PassRate, PassRateRow, PassRateTable, pass_rates
from pytest_reasoning.verdict.thresholds import threshold_for

__all__ = [
    "GateSettings",
    "PassRate",
    "PassRateRow",
    "PassRateTable",
    "counts_as",
    "gate_warning",
    "judge_gate",
    "pass_rates",
    "threshold_for",
    "why_not_judged",
]
