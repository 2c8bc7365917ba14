"""The records of the quantisation report; all can be written as JSON."""

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
    "Largest drop of the pass rate that does not matter, 0..1 exclusive."
    confidence: float = 0.95
    "Level of the intervals. 1 - confidence is the chance of a wrong recommendation, and of a wrong regression."

    @property
    def alpha(self) -> float:
        """One-sided error level."""
        return 1 - self.confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One model: its file, and how it ran."""

    model: str
    quantization: str
    "Type of the file: F16, Q8_0, Q4_K_M …"
    size_bytes: int
    bits_per_weight: float | None
    "Of all tensors; None where the parameters are not known."
    correct: int
    total: int
    "Outcomes that count: all but errors."
    rate: float | None
    interval: Interval | None
    "Of the pass rate, with cases as clusters."
    tokens_per_s: float | None
    "Completion tokens per second in which its process was busy; None where that was not measured."
    peak_bytes: int | None
    "Most memory its process held."
    frontier: bool = False
    "Whether no smaller file has at least its pass rate."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a variant's cases say against the reference's, over one suite and strategy or over all."""

    suite: str
    "Empty for the finding over all suites."
    strategy: str
    pairs: int
    "Cases that both ran."
    before_correct: float
    "Sum of the reference's pass rates of `pairs`; whole without repeats."
    now_correct: float
    lost: int
    "Cases that are right less often."
    gained: int
    difference: float
    "Pass rate of the variant minus that of the reference, each case weighing the same."
    interval: Interval
    "Of the difference, paired, by Tango (1998)."
    p_drop: float
    "Exact one-sided McNemar (sign-flip with repeats): were flips to wrong no likelier than to right?"
    p_adjusted: float
    "By Holm over all variants; of a suite over all variants and suites."
    p_within_margin: float
    "One-sided, of the drop being the margin or more; small where that is ruled out."
    verdict: VariantVerdict
    cases_needed: int | None = None
    "If undecided: about how many cases in all would rule the margin out, flips as they are; None: no number."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """How far a variant's next-token probabilities are from the reference's along the reference's completions."""

    completions: int
    tokens: int
    kl: float
    "Mean over tokens of KL(reference‖variant), in nats."
    kl_interval: Interval | None
    "Cases are clusters; on the log scale."
    agreement: float
    "Share of tokens at which both find the same token likeliest."
    agreement_interval: Interval
    written_change: float
    "Mean change of the probability of the token that the reference wrote, variant minus reference."
    targets: int
    "Completions of the reference in which the target stands."
    target_change: float | None
    "Mean change of the probability of the tokens that say the target; None without any."
    target_change_interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One variant: as a file, in its answers, in its probabilities."""

    side: Side
    overall: Finding | None
    "None if it is not judged."
    suites: tuple[Finding, ...]
    verdict: VariantVerdict
    reason: str
    "One line."
    fidelity: Fidelity | None
    "None where it was not measured."


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization:
    """A reference with its variants, largest first."""

    reference: Side
    variants: tuple[Variant, ...]
    recommended: str | None
    "Name of the smallest variant that is non-inferior, and all larger ones with it; None: keep the reference."
    recommendation: str
    "One line, or more where there is more to know."
    left_out: tuple[str, ...]
    "Suites and strategies that not all of them ran whole."
    margin: float
    confidence: float
