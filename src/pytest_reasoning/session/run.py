"""What the items of one pytest session share: which requests go to which model's engine, and what came back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pytest_reasoning.engine import (
    AnyEngine,
    EngineProgress,
    EngineSettings,
    ForcedText,
    Responses,
    open_engine,
    placements,
    stored_completions,
    token_figures,
)
from pytest_reasoning.records import Completion, ModelFacts, ModelUsage, Outcome, Request, TokenFigures
from pytest_reasoning.session.certify import Certificate, Witness, certify
from pytest_reasoning.session.live_models import LiveModel, LiveModels, Submission
from pytest_reasoning.session.provenance import provenance
from pytest_reasoning.suite import Suite
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.verdict import GateSettings, Settled

if TYPE_CHECKING:
    from pytest_reasoning.session.items.comparison import Comparisons
    from pytest_reasoning.session.items.no_worse import ModelComparisons


class Pace(Protocol):
    """What decides which cases need not run (`pacing.py`)."""

    def why_not(self, case: Any) -> str | None:
        """Return why a case is not run, waiting until that is known; None if it is."""
        ...

    def settled(self, gate: Any) -> Settled | None:
        """Return a gate's verdict if it is known before all its cases have run."""
        ...

    @property
    def late(self) -> str:
        """Why cases were left out that no gate is settled without; empty if there was time for all."""
        ...


class Run:
    """Engines, model after model, each fed with everything that was selected for it."""

    def __init__(
        self,
        *,
        models: Sequence[ModelFacts],
        engine_settings: EngineSettings,
        gate_settings: GateSettings,
        on_progress: Callable[[str, EngineProgress | None], None],
        responses: Responses | None = None,
        scores_targets: bool = False,
        keeps_logprobs: bool = False,
        keeps_fingerprints: bool = True,
        confidence_given: bool = False,
        comparisons: Comparisons | None = None,
        witness: Witness | None = None,
        reference_witness: Witness | None = None,
        model_comparisons: ModelComparisons | None = None,
        fresh_seed: int | None = None,
    ) -> None:
        """Take the models in the order they run; `on_progress` is told None when a wait is over."""
        self.models = tuple(models)
        self.scores_targets = scores_targets
        "Whether the log-probability of each case's target is measured too."
        self.keeps_logprobs = keeps_logprobs
        "Whether outcomes carry those of their tokens; only some reports show them."
        self.keeps_fingerprints = keeps_fingerprints
        "Whether they carry the hashes that pair them with others; comparisons and report files need them."
        self.gate_settings = gate_settings
        self.comparisons = comparisons
        "With the baseline, where one was named."
        self.witness = witness
        "Of what is asked and answered, where that shall be run again."
        self.model_comparisons = model_comparisons
        "Of models that are held to others, where there are any."
        self.reference_witness = reference_witness
        "Of what the references of variants write, where variants are led along it."
        self.fresh_seed = fresh_seed
        "Draws instances beside those of the suites; None: no fresh instances were asked for."
        self.warnings: list[str] = []
        "Of collection: what the user should know though the run goes on."
        self.groups: dict[tuple[str, str, str], tuple[str, ...]] = {}
        "(suite, strategy, model) → node ids of all its cases, selected or not; fresh instances are none."
        self.suites: dict[str, str] = {}
        "Suite name → its file; two files of one name could not be told apart in any report."
        self.broken_suites: list[str] = []
        "Files that could not be collected."
        self.outcomes: dict[str, tuple[Outcome, ...]] = {}
        "By the case's node id: what a gate of this process judges."
        self.early: dict[str, tuple[Outcome, ...]] = {}
        "Outcomes that were there before their item's turn, by node id."
        self.pace: Pace | None = None
        "None: every selected case runs."
        self._confidence_given = confidence_given
        self._engine_settings = engine_settings
        self._on_progress = on_progress
        self._responses = responses
        self._queue: dict[str, dict[str, Submission]] = {}
        self._live = LiveModels(engine_settings, self._open)

    def gate_settings_for(self, suite: Suite) -> GateSettings:
        """Return how a suite's gates are judged: its own confidence unless the command line gave one."""
        if suite.confidence is None or self._confidence_given:
            return self.gate_settings
        return replace(self.gate_settings, confidence=suite.confidence)

    def schedule(self, submissions: Iterable[Submission]) -> None:
        """Note all that was selected; it goes to each model's engine when that model's turn comes."""
        for submission in submissions:
            self._queue.setdefault(submission.model.name, {})[submission.nodeid] = submission

    def completions(self, submission: Submission) -> tuple[tuple[Completion, ...], ...]:
        """Return the completions of one item, those of all stages for each of its requests.

        The other items of its model go on while it waits.

        Raises:
            ModelError: the model cannot be loaded.
        """
        live = self._live_model(submission.model)
        asked = live.asked.get(submission.nodeid) or live.ask(submission)
        name = submission.model.name
        try:
            while not asked.finished:
                # Stage by stage for all at once: alone, each would decode its second stage in a batch of one.
                together = [asked] if submission.follow_up is None else live.of_several_stages()
                for other in together:
                    other.take_stage(live.engine, lambda progress: self._on_progress(name, progress))
        finally:
            self._on_progress(name, None)
        live.asked.pop(submission.nodeid)
        return tuple(tuple(stages) for stages in asked.completions)

    def fingerprints(self, model: ModelFacts) -> Mapping[str, str]:
        """Return what decides a model's answers, as far as its engine has said it by now."""
        return provenance(model, self._live.facts(model))

    def complete_groups(self) -> tuple[tuple[str, str, str], ...]:
        """Return each suite × strategy × model of which every case has ended, none of them in error."""
        return tuple(
            group
            for group, nodeids in self.groups.items()
            if all(nodeid in self.outcomes for nodeid in nodeids)
            and not any(one.status == "error" for nodeid in nodeids for one in self.outcomes[nodeid])
        )

    def certificates(self) -> Iterator[tuple[str, Certificate | ReasoningError]]:
        """End what is loaded, then run what each model was asked again; yield what came of it, by model name."""
        self._live.close()
        for model in self.models:
            seen = self.witness.seen.get(model.name) if self.witness is not None else None
            if not seen:
                continue
            name = model.name
            try:
                found: Certificate | ReasoningError = certify(
                    model,
                    seen,
                    engine=self._live.facts(model),
                    settings=self._engine_settings,
                    on_progress=partial(self._on_progress, name),
                )
            except ReasoningError as error:
                found = error
            finally:
                self._on_progress(name, None)
            yield name, found

    def token_figures(
        self, reference: ModelFacts, variant: ModelFacts, texts: Sequence[ForcedText]
    ) -> list[TokenFigures]:
        """End what is loaded, then lead both models along each text; raises EngineError or ModelError."""
        self._live.close()
        name = f"{variant.name} against {reference.name}"
        try:
            return token_figures(
                reference,
                variant,
                texts,
                self._engine_settings,
                responses=self._responses,
                on_progress=partial(self._on_progress, name),
            )
        finally:
            self._on_progress(name, None)

    def begin(self, submission: Submission) -> None:
        """Ask the model, and go on at once."""
        self._live_model(submission.model).ask(submission)

    def drop(self, nodeids: Iterable[str]) -> None:
        """Take back what was begun; nobody will ask for it."""
        self._live.drop(nodeids)

    def is_answered(self, nodeid: str) -> bool:
        """Whether `completions` would not wait, but for later stages."""
        asked = self._live.asked(nodeid)
        return asked is not None and asked.ready

    def wait_a_moment(self, model: ModelFacts) -> None:
        """Let what was begun go on."""
        self._live_model(model).engine.pump()

    def stored(self, model: ModelFacts, requests: Sequence[Request]) -> list[Completion | None]:
        """Return what the response store has for each request."""
        return stored_completions(model, self._engine_settings, requests, responses=self._responses)

    def width_of(self, model: ModelFacts) -> int:
        """Return how many sequences of a model are decoded in one step."""
        return model.settings.width or self._engine_settings.width

    def where(self) -> str:
        """Return what the models are run on; empty where nothing runs here."""
        return placements(self.models, self._engine_settings)

    def usage(self) -> tuple[ModelUsage, ...]:
        """Return what each model has cost so far, in the order they ran."""
        return self._live.usage()

    def close(self) -> None:
        """End what is loaded, and leave the store to other runs."""
        self._live.close()
        if self._responses is not None:
            self._responses.store.close()

    def _open(self, model: ModelFacts) -> AnyEngine:
        engine = open_engine(model, self._engine_settings, responses=self._responses)
        for witness in (self.witness, self.reference_witness):
            engine = engine if witness is None else witness.listening(model, engine)
        return engine

    def _live_model(self, model: ModelFacts) -> LiveModel:
        live, new = self._live.there(model)
        if new:
            for submission in self._queue.pop(model.name, {}).values():
                live.ask(submission)
        return live
