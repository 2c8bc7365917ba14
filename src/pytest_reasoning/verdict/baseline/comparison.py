"""The records of a comparison with a baseline or another model; all can be written as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_reasoning.records import Status, Verdict
from pytest_reasoning.stats import Interval
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.fingerprints import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonSettings:
    """How comparisons are judged."""

    confidence: float = 0.95
    """Level of the interval shown, 0..1. 1 - confidence is the false alarm rate: the chance that a run, with any
    number of comparisons and no change, reports a regression."""
    margin: float | None = None
    "Largest acceptable drop of the pass rate, 0..1 exclusive; with None every significant drop is a regression."
    across_prompts: bool = False
    "Whether to judge cases that are now asked in another way too; the new prompt may then be the cause of a drop."

    @property
    def alpha(self) -> float:
        """False alarm rate of the whole run: 1 - confidence."""
        return 1 - self.confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One case whose samples are correct more or less often than before."""

    case: str
    "The case's current id."
    target: tuple[str, ...]
    before_status: Status
    before_answer: str | None
    "Answer in the baseline, where long answers are cut."
    before_correct: int
    before_samples: int
    now_status: Status
    now_answer: str | None
    now_correct: int
    now_samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePart:
    """The figures of one suite × strategy within the comparison of a whole run."""

    suite: str
    strategy: str
    pairs: int
    before_correct: float
    now_correct: float
    n_lost: int
    n_gained: int
    pooled: float | None
    "Difference, partially pooled over the parts; None with fewer than three parts."
    pooled_interval: Interval | None
    "95 % credible interval of `pooled`."
    called: bool
    "Whether the part's own comparison is a regression."


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
    """The comparison of one suite × strategy × model, before and now, or of a model's whole run."""

    suite: str
    "Name of the suite; empty for a whole run."
    strategy: str
    model: str
    verdict: Verdict
    """`failed` means a regression. `undecided` occurs only with a margin. `skipped` means that nothing is
    comparable, or that not all cases ran."""
    reason: str
    "The reason of the verdict in one line."
    against: str = ""
    "Name of the model of the same run that it is compared with; empty for a baseline."
    pairs: int = 0
    "Cases compared (same content, prompt, scorer and sampling); in a whole run, once per strategy."
    clusters: int = 0
    "Number of clusters of related pairs, such as the strategies of one case in a whole run."
    identical: int = 0
    "Number of pairs with identical completions."
    before_correct: float = 0.0
    "Sum of the pairs' pass rates before; a whole number without repeats."
    now_correct: float = 0.0
    n_lost: int = 0
    "Number of clusters that are correct less often than before."
    n_gained: int = 0
    lost: tuple[Flip, ...] = ()
    "Cases that are correct less often; empty for a whole run, whose suites have them."
    gained: tuple[Flip, ...] = ()
    parts: tuple[SuitePart, ...] = ()
    "Parts of a whole run, the largest loss first."
    difference: float | None = None
    "Pass rate now minus before, over `pairs`."
    interval: Interval | None = None
    "Interval of the difference, by `stats.paired_interval`."
    mean_square: float = 0.0
    "Mean squared change of a cluster, 0..1: the noise against which a drop must be detected."
    p_value: float | None = None
    "One-sided p-value; small if a drop (beyond the margin, if there is one) is shown."
    p_adjusted: float | None = None
    "p-value adjusted for all comparisons of the run: by Holm, or with whole runs by `stats.gatekept`."
    family: int = 0
    "Number of comparisons of suites that the p-value is adjusted for."
    with_whole: bool = False
    "Whether the p-value is also adjusted for the comparison of the whole run."
    level: float | None = None
    "Error level at or below which its p-value is significant, whatever the other p-values are."
    called_in_whole: bool = False
    "Whether the comparison of the model's whole run is a regression."
    margin: float | None = None
    p_within_margin: float | None = None
    "One-sided p-value; small if the drop is shown to be less than the margin."
    cause: Cause | None = None
    across_machines: str = ""
    "How the classes of machine differ that the answers before and now come from; empty if they do not."
    altered: tuple[str, ...] = ()
    "Ids of cases that are now asked or scored in another way; left out unless `across_prompts`."
    across_prompts: bool = False
    "Whether the altered cases are among `pairs` and judged."
    altered_before: float = 0.0
    "Sum of the altered cases' pass rates before."
    altered_now: float = 0.0
    p_altered: float | None = None
    "One-sided p-value of a drop among the altered cases; it decides no verdict."
    altered_parts: tuple[str, ...] = ()
    "Parts of `paired.ALTERABLE` that changed."
    drift: Drift | None = None
    "Of the targets' log-probability; None: not measured, or see `no_drift`."
    no_drift: str = ""
    "Why there is none though this run measured it, or its suite asks for it."
    changed: tuple[str, ...] = ()
    "Ids of cases left out because their question or targets changed."
    new: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What is compared, as words for users."""
        return f"{self.suite} / {self.strategy}" if self.suite else "the whole run"
