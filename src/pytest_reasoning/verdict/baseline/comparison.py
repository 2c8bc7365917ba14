"""What a comparison with a baseline found: records, JSON-able."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_reasoning.records import Status, Verdict
from pytest_reasoning.stats import Interval
from pytest_reasoning.verdict.fingerprints import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonSettings:
    """How a run is compared with its baseline."""

    confidence: float = 0.95
    """Level of the interval shown, 0..1. 1 - confidence is the chance that a run of any number of gates, with
    nothing changed, calls a regression at all."""
    margin: float | None = None
    "Largest drop of the pass rate that does not matter, 0..1 exclusive; None calls any drop that is no noise."

    @property
    def alpha(self) -> float:
        """False alarm rate of the whole run."""
        return 1 - self.confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One case whose samples are right more or less often than before."""

    case: str
    "As it is called now."
    target: tuple[str, ...]
    before_status: Status
    before_answer: str | None
    "As saved: long ones are cut."
    before_correct: int
    before_samples: int
    now_status: Status
    now_answer: str | None
    now_correct: int
    now_samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One suite × strategy × model, before and now."""

    suite: str
    strategy: str
    model: str
    verdict: Verdict
    """`failed` is a regression. `undecided` comes with a margin only. `skipped`: nothing comparable, or not all
    cases ran."""
    reason: str
    "One line."
    against: str = ""
    "Name of the model that it is compared with in the same run; empty: the baseline."
    pairs: int = 0
    "Cases compared: same content, prompt, scorer and sampling."
    identical: int = 0
    "Of them, with the same completions."
    before_correct: float = 0.0
    "Sum of the pass rates of `pairs`; whole without repeats."
    now_correct: float = 0.0
    lost: tuple[Flip, ...] = ()
    gained: tuple[Flip, ...] = ()
    difference: float | None = None
    "Pass rate now minus before, over `pairs`."
    interval: Interval | None = None
    "Of the difference: Tango 1998."
    p_value: float | None = None
    "One-sided, of a drop (beyond the margin, if there is one)."
    p_adjusted: float | None = None
    "By Holm over all comparisons of the run."
    family: int = 0
    "How many comparisons Holm corrected for."
    margin: float | None = None
    p_within_margin: float | None = None
    "One-sided, of the drop being less than the margin; small where that is shown."
    cause: Cause | None = None
    altered: tuple[str, ...] = ()
    "Cases left out because they are asked or scored in another way now."
    altered_parts: tuple[str, ...] = ()
    "Which of `pairing.ALTERABLE`."
    changed: tuple[str, ...] = ()
    "Cases left out because question or targets changed under the same id."
    new: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
