"""How a completion, a case and a suite ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pytest_reasoning.records.case import Origin

Status = Literal["correct", "wrong", "unparsed", "truncated", "overflow", "error"]
"How a case ends. All but `error` count in the pass rate; `error` makes its gate an error."


Verdict = Literal["passed", "failed", "undecided", "skipped", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a scorer says of one completion."""

    status: Status
    answer: str | None
    "The answer extracted from the completion; None where there was none."
    explanation: str
    ballot: Any = None
    "The answer in a hashable, canonical form: of several samples, those with equal ones vote for the same answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one sample of one case ended with one model and strategy (a row of the JSON report)."""

    nodeid: str
    suite: str
    case: str
    model: str
    strategy: str
    sample: int
    status: Status
    target: tuple[str, ...]
    answer: str | None
    completion: str
    explanation: str
    prompt_tokens: int
    completion_tokens: int
    elapsed_s: float
    cached: bool
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """Short hashes of what was asked and how: `content`, `prompt`, `scorer`, `sampling`; see
    `verdict.case_fingerprints`. They pair the case with a baseline."""
    logprobs: tuple[float, ...] = ()
    "Natural log-probability of each token of the completion; empty where they were not asked for."
    target_logprob: float | None = None
    "Mean natural log-probability per token of the first target; None where it was not asked for."
    origin: Origin = "case"
    group: str = ""
    "The point of a sweep its case belongs to (`words=3`)."
    cluster: str = ""
    "What its case shares with related ones of its suite; empty: each case counts as its own."
    suite_cases: int = 0
    "Cases that its suite has for this strategy and model, selected or not; 0 where that is not known."
    thinking_tokens: int = 0
    "Of `completion_tokens`, those of thinking blocks; estimated by their characters where a server does not say."
    finish: str = ""
    """Why its completion ended: a `FinishReason`; `next_question` too where the model went on with a question of
    its own and was read only up to there."""
    ends: tuple[int, ...] = ()
    "Of each of `logprobs`: where the token's text ends in `completion`, in characters."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The judgement of one suite × model × strategy (a row of the JSON report)."""

    nodeid: str
    suite: str
    model: str
    strategy: str
    correct: int
    total: int
    rate: float | None
    "correct / total; None where nothing counted or where it was stopped early."
    interval: tuple[float, float] | None
    "95 % Wilson unless another method or level was asked for."
    threshold: Mapping[str, float]
    "Keys `min` and/or `max`; empty where the suite has none for this model."
    verdict: Verdict
    reason: str
    "One line: what was asked, what was found."
    cases: int = 0
    "Cases behind `total`; fewer than that where cases are repeated, and then each is one cluster."
    interval_method: str = "wilson"
    interval_level: float = 0.95
    not_run: int = 0
    "Outcomes left out because the verdict was settled or the time was up; then there is no rate."
    can_be: tuple[float, float] | None = None
    "Where it was stopped early: least and largest pass rate the whole suite can still have."
    measured: bool = False
    "Whether the suite asks a pass rate of other models only: this one is measured there and not judged."
