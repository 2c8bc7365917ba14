"""The records of the quantization report; all can be written as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_reasoning.stats import Interval

VariantVerdict = Literal["non-inferior", "regression", "undecided", "not judged"]
"""`non-inferior`: a drop as large as the margin is ruled out. `regression`: such a drop is not ruled out, and some
drop is shown; one suite alone is enough. `undecided`: neither. `not judged`: there was an error, or no suite that
both models ran whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizationSettings:
    """How variants are judged."""

    margin: float = 0.05
    "Largest acceptable drop of the pass rate, 0..1 exclusive."
    confidence: float = 0.95
    "Level of the intervals. 1 - confidence is the chance of a wrong recommendation, and of a wrong regression."

    @property
    def alpha(self) -> float:
        """One-sided error level: 1 - confidence."""
        return 1 - self.confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredFile:
    """One model: its file, its pass rate, its speed and its memory."""

    model: str
    quantization: str
    "Type of the file: F16, Q8_0, Q4_K_M …"
    size_bytes: int
    bits_per_weight: float | None
    "Bits per weight over all tensors; None if the number of parameters is unknown."
    correct: int
    total: int
    "Number of outcomes without errors."
    rate: float | None
    interval: Interval | None
    "Interval of the pass rate, with cases as clusters."
    tokens_per_s: float | None
    "Completion tokens per second of busy time of the model's process; None if not measured."
    peak_bytes: int | None
    "Peak memory of the model's process in bytes."
    frontier: bool = False
    "Whether no smaller file has at least its pass rate."


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantComparison:
    """The comparison of a variant with its reference, over one suite and strategy or over all."""

    suite: str
    "Empty for the finding over all suites."
    strategy: str
    pairs: int
    "Number of cases that both models ran."
    before_correct: float
    "Sum of the reference's pass rates over the cases; a whole number without repeats."
    now_correct: float
    lost: int
    "Number of cases that the variant answers correctly less often."
    gained: int
    difference: float
    "Pass rate of the variant minus that of the reference, each case weighing the same."
    interval: Interval
    "Paired interval of the difference, by Tango (1998)."
    p_drop: float
    "One-sided p-value of the exact McNemar test (sign-flip test with repeats); small if a drop is shown."
    p_adjusted: float
    "`p_drop` adjusted by Holm over all variants; for a suite, over all variants and suites."
    p_within_margin: float
    "One-sided p-value; small if a drop of the margin or more is ruled out."
    verdict: VariantVerdict
    cases_needed: int | None = None
    "If undecided: approximate number of cases that would show the variant within the margin; None if none would."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """The divergence of a variant's next-token probabilities from its reference's, on the latter's completions."""

    completions: int
    tokens: int
    kl: float
    "Mean over tokens of KL(reference‖variant), in nats."
    kl_interval: Interval | None
    "Interval of `kl`, with cases as clusters, computed on the log scale."
    agreement: float
    "Share of positions at which both models give the same token the highest probability."
    agreement_interval: Interval
    written_change: float
    "Mean change of the probability of the token that the reference wrote, variant minus reference."
    targets: int
    "Number of the reference's completions that contain the target."
    target_change: float | None
    "Mean change of the probability of the target's tokens, variant minus reference; None without targets."
    target_change_interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One quantized variant, judged: its file, its answers and its divergence from the reference."""

    side: MeasuredFile
    overall: VariantComparison | None
    "The finding over all suites; None if the variant is not judged."
    suites: tuple[VariantComparison, ...]
    verdict: VariantVerdict
    reason: str
    "The reason of the verdict in one line."
    fidelity: Fidelity | None
    "Divergence from the reference; None if it was not measured."


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization:
    """A reference with its variants, the largest file first."""

    reference: MeasuredFile
    variants: tuple[Variant, ...]
    recommended: str | None
    "Name of the smallest variant that is non-inferior together with all larger ones; None to keep the reference."
    recommendation: str
    "The recommendation as text, of one or more lines."
    left_out: tuple[str, ...]
    "Suites and strategies that some of the models did not run whole."
    margin: float
    confidence: float
