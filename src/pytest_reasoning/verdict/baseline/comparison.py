"""What a comparison with a baseline found: records, JSON-able."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_reasoning.records import Status, Verdict
from pytest_reasoning.stats import Interval
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.fingerprints import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonSettings:
    """How a run is compared with its baseline."""

    confidence: float = 0.95
    """Level of the interval shown, 0..1. 1 - confidence is the chance that a run of any number of gates, with
    nothing changed, calls a regression at all."""
    margin: float | None = None
    "Largest drop of the pass rate that does not matter, 0..1 exclusive; None calls any drop that is no noise."
    across_prompts: bool = False
    "Whether cases that are asked in another way are judged too: a drop may then be the question's doing."

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
class Part:
    """One suite × strategy of a whole run, in figures alone."""

    suite: str
    strategy: str
    pairs: int
    before_correct: float
    now_correct: float
    n_lost: int
    n_gained: int
    pooled: float | None
    "Its difference, partially pooled over the parts; None for fewer than three."
    pooled_interval: Interval | None
    "95 %, credible."
    called: bool
    "Whether its own comparison calls a regression."


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How the log-probability per token of the targets changed in one suite × strategy × model."""

    pairs: int
    "Cases that it was measured of before and now."
    clusters: int
    before: float
    "Mean over the pairs, in nats per token."
    now: float
    difference: float
    interval: Interval | None
    "Of the difference, at the run's confidence; None for a single cluster."
    p_value: float
    "Two-sided, of no change: `stats.mean_change`."
    p_adjusted: float = 1.0
    "By Holm over all comparisons of the run."
    family: int = 1
    called: Literal["", "fall", "rise"] = ""
    "What is called at the run's error level, of which drifts have one of their own."
    fails: bool = False
    "Whether the suite lets a fall fail the comparison."

    def __str__(self) -> str:
        """What was found, as a clause."""
        interval = "" if self.interval is None else ", interval {:+.3f} to {:+.3f}".format(*self.interval)
        others = counted(self.family, "comparison")
        corrected = f", by Holm over {others} {self.p_adjusted:.2g}" if self.family > 1 else ""
        return (
            f"targets' log-probability per token {self.before:.3f} before, {self.now:.3f} now "
            f"(of {counted(self.pairs, 'case')}; difference {self.difference:+.3f}{interval}; "
            f"p {self.p_value:.2g}{corrected})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One suite × strategy × model, before and now; or a whole run of one model."""

    suite: str
    "Empty: the whole run."
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
    "Cases compared: same content, prompt, scorer and sampling. Over a whole run each strategy of a case is one."
    clusters: int = 0
    "Of pairs that belong together: those of one case in a whole run are one."
    identical: int = 0
    "Of them, with the same completions."
    before_correct: float = 0.0
    "Sum of the pass rates of `pairs`; whole without repeats."
    now_correct: float = 0.0
    n_lost: int = 0
    "Clusters that are right less often than before."
    n_gained: int = 0
    lost: tuple[Flip, ...] = ()
    "The cases; of a whole run none, they stand in its suites."
    gained: tuple[Flip, ...] = ()
    parts: tuple[Part, ...] = ()
    "Of a whole run, those that lost most first."
    difference: float | None = None
    "Pass rate now minus before, over `pairs`."
    interval: Interval | None = None
    "Of the difference: `stats.paired_interval`."
    mean_square: float = 0.0
    "Of the change of a cluster, 0..1: what a drop has to be seen against."
    p_value: float | None = None
    "One-sided, of a drop (beyond the margin, if there is one)."
    p_adjusted: float | None = None
    "For all comparisons of the run: by Holm, or by `stats.gatekept` where the whole run is compared too."
    family: int = 0
    "How many comparisons of suites it was corrected for."
    with_whole: bool = False
    "Whether the whole run is among what it was corrected for."
    level: float | None = None
    "Error level at which its p-value alone is called, whatever the others are."
    called_in_whole: bool = False
    "Whether the whole run of the model is called a regression."
    margin: float | None = None
    p_within_margin: float | None = None
    "One-sided, of the drop being less than the margin; small where that is shown."
    cause: Cause | None = None
    altered: tuple[str, ...] = ()
    "Cases that are asked or scored in another way now; left out unless `across_prompts`."
    across_prompts: bool = False
    "Whether they are among `pairs` and judged."
    altered_before: float = 0.0
    "Sum of their pass rates."
    altered_now: float = 0.0
    p_altered: float | None = None
    "One-sided, of a drop among them; nothing is called by it."
    altered_parts: tuple[str, ...] = ()
    "Which of `paired.ALTERABLE`."
    drift: Drift | None = None
    "Of the targets' log-probability; None: not measured, or see `no_drift`."
    no_drift: str = ""
    "Why there is none though this run measured it, or its suite asks for it."
    changed: tuple[str, ...] = ()
    "Cases left out because question or targets changed under the same id."
    new: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What is compared, for a person."""
        return f"{self.suite} / {self.strategy}" if self.suite else "the whole run"
