"""Records of results: the score of a completion, the outcome of a case, and the verdict of a gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pytest_reasoning.records.case import Origin

Status = Literal["correct", "wrong", "unparsed", "truncated", "overflow", "error"]
"How a case ends. All but `error` count in the pass rate; an `error` makes its gate an error."


Verdict = Literal["passed", "failed", "undecided", "skipped", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A scorer's judgment of one completion."""

    status: Status
    answer: str | None
    "The answer extracted from the completion; None if there was none."
    explanation: str
    ballot: Any = None
    "The answer in a canonical, hashable form; samples with equal ballots vote for the same answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one sample of one case with one model and strategy (a row of the JSON report)."""

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
    """Short hashes of the case's `content`, `prompt`, `scorer` and `sampling`, which pair it with a baseline; see
    `verdict.case_fingerprints`."""
    logprobs: tuple[float, ...] = ()
    "Natural log-probability of each token of the completion; empty if not requested."
    target_logprob: float | None = None
    "Mean natural log-probability per token of the first target; None if not requested."
    origin: Origin = "case"
    group: str = ""
    "The case's point of a sweep (`words=3`)."
    cluster: str = ""
    "What the case shares with related cases of its suite; empty if it is its own cluster."
    suite_cases: int = 0
    "Number of cases of its suite for this strategy and model, selected or not; 0 if unknown."
    thinking_tokens: int = 0
    "Thinking tokens among `completion_tokens`; estimated from characters if a server does not report them."
    finish: str = ""
    """Why the completion ended, a `FinishReason`. It is also `next_question` if the model went on with a question
    of its own and only the text before it was read."""
    ends: tuple[int, ...] = ()
    "For each of `logprobs`, the end of the token's text in `completion`, in characters."
    line: int = 0
    "Line of the case in its suite's file, from 1; 0 if unknown."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The verdict on one cell (a row of the JSON report)."""

    nodeid: str
    suite: str
    model: str
    strategy: str
    correct: int
    total: int
    rate: float | None
    "correct / total; None if nothing counted or the gate was stopped early."
    interval: tuple[float, float] | None
    "Confidence interval of the pass rate; see `interval_method` and `interval_level`."
    threshold: Mapping[str, float]
    "Keys `min` and/or `max`; empty if the suite has no threshold for this model."
    verdict: Verdict
    reason: str
    "One line with what was required and what was found."
    cases: int = 0
    "Number of cases behind `total`; smaller if cases are repeated, and then each case is one cluster."
    interval_method: str = "wilson"
    interval_level: float = 0.95
    not_run: int = 0
    "Outcomes not run because the verdict was settled or the time was up; then there is no rate."
    can_be: tuple[float, float] | None = None
    "If stopped early: the lowest and highest pass rate that the whole suite could still reach."
    sample_of: int = 0
    """Number of cases in the suite, if a random sample of them ran: `rate` and `interval` are then estimates for
    all of them, and `correct` and `total` the sample's. 0: no sample."""
    sample_seed: int = 0
    sample_history: str = ""
    "The earlier run that sharpens the estimate; empty: none."
    sample_alike: int = 0
    "Cases that a sample without that history would need for an interval as narrow."
    measured: bool = False
    "Whether the suite has thresholds for other models only: this model is then measured and not judged."
    line: int = 0
    "Line of the suite in its file, from 1; 0 if unknown."
