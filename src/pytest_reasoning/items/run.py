"""What the items of one pytest session share: which requests go to which model's engine, and what came back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pytest_reasoning.engine import AnyEngine, EngineProgress, EngineSettings, Responses, Ticket, open_engine
from pytest_reasoning.records import Completion, ModelFacts, ModelUsage, Outcome, Request
from pytest_reasoning.verdict import GateSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The requests of one item, under the item's node id."""

    nodeid: str
    model: ModelFacts
    requests: tuple[Request, ...]


class Run:
    """One engine at a time, fed with everything that was selected for its model."""

    def __init__(
        self,
        *,
        models: Sequence[ModelFacts],
        engine_settings: EngineSettings,
        gate_settings: GateSettings,
        on_progress: Callable[[str, EngineProgress | None], None],
        responses: Responses | None = None,
    ) -> None:
        """Take the models in the order they run; `on_progress` is told None when a wait is over."""
        self.models = tuple(models)
        self.gate_settings = gate_settings
        self.suites: dict[str, str] = {}
        "Suite name → its file; two files of one name could not be told apart in any report."
        self.broken_suites: list[str] = []
        "Files that could not be collected."
        self.outcomes: dict[str, tuple[Outcome, ...]] = {}
        "By the case's node id: what a gate of this process judges."
        self._engine_settings = engine_settings
        self._on_progress = on_progress
        self._responses = responses
        self._queue: dict[str, dict[str, tuple[Request, ...]]] = {}
        self._live: _LiveModel | None = None
        self._usage: dict[str, ModelUsage] = {}

    def schedule(self, submissions: Iterable[Submission]) -> None:
        """Note all that was selected; it goes to each model's engine when that model's turn comes."""
        for submission in submissions:
            self._queue.setdefault(submission.model.name, {})[submission.nodeid] = submission.requests

    def completions(self, submission: Submission) -> tuple[Completion, ...]:
        """Return the completions of one item; the others of its model go on while it waits.

        Raises:
            ModelError: the model cannot be loaded.
        """
        live = self._live_model(submission.model)
        tickets = live.tickets.pop(submission.nodeid, None)
        if tickets is None:
            tickets = [live.engine.submit(request) for request in submission.requests]
        name = submission.model.name
        try:
            return tuple(
                live.engine.result(ticket, on_progress=lambda progress: self._on_progress(name, progress))
                for ticket in tickets
            )
        finally:
            self._on_progress(name, None)

    def usage(self) -> tuple[ModelUsage, ...]:
        """Return what each model has cost so far, in the order they ran."""
        return tuple(self._usage.values())

    def close(self) -> None:
        """End the live engine, if any, and leave the store to other runs."""
        self._end_live()
        if self._responses is not None:
            self._responses.store.close()

    def _end_live(self) -> None:
        """End the live engine, if any, and keep what it cost."""
        live, self._live = self._live, None
        if live is None:
            return
        live.engine.close()
        totals = live.engine.totals
        before = self._usage.get(live.model.name, ModelUsage(model=live.model.name))
        self._usage[live.model.name] = ModelUsage(
            model=live.model.name,
            prompt_tokens=before.prompt_tokens + totals.prompt_tokens,
            completion_tokens=before.completion_tokens + totals.completion_tokens,
            elapsed_s=before.elapsed_s + totals.elapsed_s,
            engine=before.engine if live.engine.facts is None else asdict(live.engine.facts),
        )

    def _live_model(self, model: ModelFacts) -> _LiveModel:
        if self._live is None or self._live.model != model:
            self._end_live()
            engine = open_engine(
                Path(model.path),
                self._engine_settings,
                responses=self._responses,
                sha256=model.sha256,
                decides=asdict(model.settings),
            )
            tickets = {
                nodeid: [engine.submit(request) for request in requests]
                for nodeid, requests in self._queue.pop(model.name, {}).items()
            }
            self._live = _LiveModel(model, engine, tickets)
        return self._live


@dataclass(slots=True)
class _LiveModel:
    model: ModelFacts
    engine: AnyEngine
    tickets: dict[str, list[Ticket]]
    "Of the items that have not been set up yet, by node id."
