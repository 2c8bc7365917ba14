"""Judges outcomes: pass rates, gates, comparisons and analyses; pure except for reading and writing baselines."""

from pytest_reasoning.verdict.baseline.comparison import Comparison, ComparisonSettings, Flip
from pytest_reasoning.verdict.baseline.file import (
    baseline_path,
    baseline_text,
    parse_baseline,
    read_baseline,
    save_baseline,
    write_baseline,
)
from pytest_reasoning.verdict.baseline.records import Baseline, baseline_of, merged, short_cell
from pytest_reasoning.verdict.baseline.regression import compare_models, compare_run
from pytest_reasoning.verdict.baseline.several import read_baselines
from pytest_reasoning.verdict.baseline.wording import comparison_lines, drift_line
from pytest_reasoning.verdict.contamination import ContaminationGap, contamination_gaps
from pytest_reasoning.verdict.fingerprints import (
    Cause,
    case_fingerprints,
    cause_between,
    model_fingerprints,
)
from pytest_reasoning.verdict.gating.decidability import flaky_warning, gate_warning
from pytest_reasoning.verdict.gating.gates import GateSettings, counts_as, judge_gate, unnamed, why_not_judged
from pytest_reasoning.verdict.gating.stopping import (
    Settled,
    StopRule,
    StopSettings,
    Watch,
    stopped_gate,
    whole_outcomes,
)
from pytest_reasoning.verdict.gating.thresholds import threshold_for
from pytest_reasoning.verdict.noise import FirstDifference, NoiseFloor, first_differences, noise_floor
from pytest_reasoning.verdict.paired import Pair, Pairing, pair
from pytest_reasoning.verdict.rates import PassRate, PassRateRow, PassRateTable, PointRate, pass_rates, point_rates
from pytest_reasoning.verdict.repeats import PassAtK, passes_at_k
from pytest_reasoning.verdict.sampling import EarlierAnswers, Frame, SampleSettings, drawn, sampled_gate
from pytest_reasoning.verdict.tally import CaseResult, case_results

__all__ = [
    "Baseline",
    "CaseResult",
    "Cause",
    "Comparison",
    "ComparisonSettings",
    "ContaminationGap",
    "EarlierAnswers",
    "FirstDifference",
    "Flip",
    "Frame",
    "GateSettings",
    "NoiseFloor",
    "Pair",
    "Pairing",
    "PassAtK",
    "PassRate",
    "PassRateRow",
    "PassRateTable",
    "PointRate",
    "SampleSettings",
    "Settled",
    "StopRule",
    "StopSettings",
    "Watch",
    "baseline_of",
    "baseline_path",
    "baseline_text",
    "case_fingerprints",
    "case_results",
    "cause_between",
    "compare_models",
    "compare_run",
    "comparison_lines",
    "contamination_gaps",
    "counts_as",
    "drawn",
    "drift_line",
    "first_differences",
    "flaky_warning",
    "gate_warning",
    "judge_gate",
    "merged",
    "model_fingerprints",
    "noise_floor",
    "pair",
    "parse_baseline",
    "pass_rates",
    "passes_at_k",
    "point_rates",
    "read_baseline",
    "read_baselines",
    "sampled_gate",
    "save_baseline",
    "short_cell",
    "stopped_gate",
    "threshold_for",
    "unnamed",
    "whole_outcomes",
    "why_not_judged",
    "write_baseline",
]
