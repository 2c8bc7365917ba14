"""One case × model × strategy as a pytest item: its setup gets and scores the completion, its call judges it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from pytest_reasoning.records import Cell, Completion, Outcome, Score
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.carried import carry, forget_carried, outcomes_property
from pytest_reasoning.session.items.question import Question
from pytest_reasoning.session.items.target_logprob import mean_logprob, target_request
from pytest_reasoning.session.ledger import Ledger
from pytest_reasoning.session.live_models import Submission
from pytest_reasoning.session.settings import ItemSettings
from pytest_reasoning.text.errors import EngineError, ReasoningError
from pytest_reasoning.text.wording import printable, quoted
from pytest_reasoning.verdict import Settled, unnamed

if TYPE_CHECKING:
    from os import PathLike

_PROMPT_TAIL_CHARS = 400
_SHOWN_PATH = pytest.StashKey[str]()
"The path of a suite's file as in reports."


class WrongAnswer(Exception):
    """The model's answer is not correct: an expected failure under a gate, a plain failure without one."""


class Pace(Protocol):
    """Decides which cases need not run, in a run with early stopping or a time budget (`session/pacing`)."""

    def why_not(self, nodeid: str) -> str | None:
        """Return why a case does not run, or None if it runs; waits until that is decided."""
        ...

    def settled(self, nodeid: str) -> Settled | None:
        """Return the verdict of a gate that was settled before all its cases ran, else None."""
        ...

    @property
    def late(self) -> str:
        """Why cases were left out for lack of time; empty if there was time for all."""
        ...


class CaseItem(pytest.Item):
    """Asks one model one question; all `repeats` of a case belong to one item."""

    def __init__(
        self,
        *,
        question: Question,
        threshold: Mapping[str, float] | None,
        measured: bool = False,
        evidence: bool = False,
        asker: Asker,
        ledger: Ledger,
        settings: ItemSettings,
        **kwargs: Any,
    ) -> None:
        """Take the question and what concerns its suite.

        Args:
            question: what is asked.
            threshold: what its gate asks of the model; None: no gate judges it.
            measured: whether the suite has thresholds for other models only; a miss is then evidence too.
            evidence: whether its suite asks for the log-probability of the target.
            asker: the way to the models.
            ledger: takes the outcomes.
            settings: of the run.
            kwargs: of pytest's items.
        """
        super().__init__(**kwargs)
        self.question = question
        self.case = question.case
        self.model = question.model
        self.strategy = question.label
        self.threshold = threshold
        self.evidence = evidence
        self.measured = measured
        self.pace: Pace | None = None
        "Set at scheduling in a run that may leave cases out."
        self._asker = asker
        self._ledger = ledger
        self._settings = settings
        self._early: tuple[Outcome, ...] | None = None
        "Outcomes known before pytest reaches this item."
        self._outcomes: tuple[Outcome, ...] = ()
        self.excuse: str | None = None
        "After the call: why its wrong answer is an expected failure; None if it is a failure, or right."

    @property
    def is_simple(self) -> bool:
        """Whether this item runs none of the user's code and waits for nothing: its completion has arrived."""
        if not self.question.is_built_in or self.question.follow_up is not None:
            return False
        # A case that may be left out is simple once it is known that it was not.
        return self._asker.is_answered(self.nodeid) if self.pace is None else self._early is not None

    @cached_property
    def submission(self) -> Submission:
        """The requests for the engine.

        Raises:
            ModelError: the model's chat template cannot be rendered.
        """
        question = self.question
        measured = self.evidence or self._settings.scores_targets or self._settings.measures_evidence
        scored = target_request(question, asked=self.evidence) if measured else None
        requests = question.requests if scored is None else (*question.requests, scored)
        return Submission(nodeid=self.nodeid, model=self.model, requests=requests, follow_up=question.follow_up)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes of its answers, known after setup."""
        return self._outcomes

    def evaluate(self) -> tuple[Outcome, ...]:
        """Return the outcome of each answer, errors included, and record it in the ledger."""
        outcomes, self._early = self._early, None
        if outcomes is None:
            outcomes = self._answered()
        self._ledger.record(self.nodeid, outcomes)
        return outcomes

    def evaluate_early(self) -> tuple[Outcome, ...]:
        """Like `evaluate`, but called before pytest reaches this item; the outcomes are kept until then."""
        self._early = self._answered()
        return self._early

    def why_not_run(self) -> str | None:
        """Return why this case is left out, because it is not needed or for lack of time; None if it runs."""
        return self.pace.why_not(self.nodeid) if self.pace is not None else None

    def setup(self) -> None:
        """Wait for the completion and score it; in setup, so that an engine failure is an ERROR, not a failure."""
        super().setup()
        why_not = self.why_not_run()
        if why_not is not None:
            pytest.skip(why_not)
        self._outcomes = self.evaluate()
        carry(self, outcomes_property(self._outcomes))
        self.user_properties.append(("status", _worst(self._outcomes)))
        errors = [outcome for outcome in self._outcomes if outcome.status == "error"]
        if errors:
            raise EngineError(errors[0].explanation)

    def runtest(self) -> None:
        """Fail on a wrong answer; if a gate judges the case, mark the failure as expected (xfail)."""
        wrong = [outcome for outcome in self._outcomes if outcome.status != "correct"]
        if not wrong:
            return
        message = one_line(wrong, len(self._outcomes))
        self.excuse = self._excuse(message)
        if self.excuse is not None:
            self.add_marker(pytest.mark.xfail(reason=self.excuse, raises=WrongAnswer))
        raise WrongAnswer(message)

    def _excuse(self, message: str) -> str | None:
        """Return why a wrong answer is an expected failure; None if it is a failure."""
        if self.case.origin == "fresh":
            return f"{message}; a fresh instance"
        if self.threshold is not None:
            return f"{message}; judged by pass-rate {bounds(self.threshold)}"
        return printable(f"{message}; {unnamed(self.model.name)}") if self.measured else None

    def teardown(self) -> None:
        """Give back the memory of what was asked; the reports of the test have been written by now."""
        self.question.forget()
        self.__dict__.pop("submission", None)
        forget_carried(self)
        super().teardown()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the question and the answers as the failure text, instead of a traceback."""
        if excinfo.errisinstance(WrongAnswer):
            return explanation(self.question.prompt, self._outcomes)
        if excinfo.errisinstance(ReasoningError):
            return printable(str(excinfo.value), newlines=True)
        return super().repr_failure(excinfo, style)

    @cached_property
    def nodeid(self) -> str:
        """The node id, by which whatever is known of a case is looked up a dozen times."""
        return super().nodeid

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        """The case's file, relative to the root folder, its line and name; all cases of a file share its path."""
        _, line, name = self.reportinfo()
        assert self.parent is not None
        known = self.parent.stash
        if _SHOWN_PATH not in known:
            known[_SHOWN_PATH] = super().location[0]
        return known[_SHOWN_PATH], line, name

    def reportinfo(self) -> tuple[PathLike[str] | str, int | None, str]:
        """Return the case's file and line."""
        return self.path, self.case.line - 1, self.name

    def _answered(self) -> tuple[Outcome, ...]:
        """Get the completions and score them."""
        try:
            stages = self._asker.completions(self.submission)
            asked = len(self.question.requests)
            answers = self.question.answers(stages[:asked])
            target_logprob = mean_logprob(stages[asked:])
        except ReasoningError as error:
            return (self._outcome(0, _no_completion(), _failed(error)),)
        fingerprints = self.question.fingerprints if self._settings.keeps_fingerprints else {}
        return tuple(
            self._outcome(sample, completion, score, fingerprints=fingerprints, target_logprob=target_logprob)
            for sample, (completion, score) in enumerate(answers)
        )

    @property
    def _suite_cases(self) -> int:
        cell = Cell(self.case.suite, self.strategy, self.model.name)
        return self._ledger.sampled.get(cell) or len(self._ledger.cells.get(cell, ()))

    def _outcome(self, sample: int, completion: Completion, score: Score, **more: Any) -> Outcome:
        keeps = self._settings.keeps_logprobs
        return Outcome(
            nodeid=self.nodeid,
            suite=self.case.suite,
            case=self.case.id,
            model=self.model.name,
            strategy=self.strategy,
            sample=sample,
            status=score.status,
            target=self.case.target,
            answer=score.answer,
            completion=completion.text,
            explanation=score.explanation,
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=len(completion.tokens) + completion.server_tokens,
            elapsed_s=completion.elapsed_s,
            cached=completion.cached,
            origin=self.case.origin,
            group=self.case.group,
            cluster=self.case.cluster,
            suite_cases=self._suite_cases,
            thinking_tokens=completion.thinking_tokens,
            finish=completion.finish,
            line=self.case.line,
            logprobs=tuple(round(logprob, 4) for logprob in completion.logprobs) if keeps else (),
            ends=completion.ends if keeps else (),
            **more,
        )


def one_line(wrong: Sequence[Outcome], samples: int) -> str:
    """Return the expected and the given answer on one line, safe to print."""
    first = wrong[0]
    target = " or ".join(quoted(target) for target in first.target)
    said = f"answered {quoted(first.answer)}" if first.status == "wrong" else f"{first.status}: {first.explanation}"
    share = f" ({len(wrong)} of {samples} samples)" if samples > 1 else ""
    return printable(f"expected {target}, {said}{share}")


def _worst(outcomes: Sequence[Outcome]) -> str:
    """Return the status of the first sample that is not correct, or `correct`."""
    return next((one.status for one in outcomes if one.status != "correct"), "correct")


def bounds(threshold: Mapping[str, float]) -> str:
    """Return a threshold in mathematical notation, such as `≥ 0.80` or `≤ 0.20`."""
    signs = {"min": "≥", "max": "≤"}
    return " and ".join(f"{signs[key]} {value:.2f}" for key, value in threshold.items())


def explanation(prompt: str, outcomes: Sequence[Outcome]) -> str:
    """Return the failure text: a one-line summary, then the end of the prompt and each wrong sample."""
    wrong = [outcome for outcome in outcomes if outcome.status != "correct"]
    tail = prompt if len(prompt) <= _PROMPT_TAIL_CHARS else f"...{prompt[-_PROMPT_TAIL_CHARS:]}"
    parts = [one_line(wrong, len(outcomes)), f"prompt:\n{_indented(tail)}"]
    for outcome in wrong:
        sample = f" of sample {outcome.sample}" if len(outcomes) > 1 else ""
        parts += [
            f"completion{sample}:\n{_indented(outcome.completion)}",
            f"{outcome.status}: {printable(outcome.explanation)}",
        ]
    return "\n".join(parts)


def _indented(text: str) -> str:
    return "\n".join(f"  | {line}" for line in printable(text, newlines=True).split("\n"))


def _failed(error: ReasoningError) -> Score:
    return Score(status="error", answer=None, explanation=str(error))


def _no_completion() -> Completion:
    return Completion(text="", tokens=(), logprobs=(), finish="error", prompt_tokens=0)
