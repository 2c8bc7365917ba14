"""All requests to models go through the `Asker`: it schedules, submits, waits, and adds up what models cost."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, MutableMapping, Sequence
from contextlib import contextmanager

from pytest_reasoning.engine import (
    Engine,
    EngineFacts,
    EngineProgress,
    EngineSettings,
    Executor,
    Placing,
    Responses,
    executor_engine,
    for_model,
    open_engine,
    placements,
    stored_completions,
)
from pytest_reasoning.records import Completion, Model, ModelUsage, Request
from pytest_reasoning.session.live_models import LiveModel, LiveModels, Submission
from pytest_reasoning.session.witness import Witness

ShowProgress = Callable[[str, EngineProgress | None], None]
"Called with the name of what the run waits for and its progress; with None when the wait is over."


class Asker:
    """Loads each model when an item first needs it, and submits all requests scheduled for it together."""

    def __init__(
        self,
        models: Sequence[Model],
        settings: EngineSettings,
        *,
        show_progress: ShowProgress,
        responses: Responses | None = None,
        witnesses: Sequence[Witness] = (),
        placing: MutableMapping[str, Placing] | None = None,
        executor_of: Callable[[Model], Executor | None] = lambda _: None,
    ) -> None:
        """Take the models in the order they run.

        Args:
            models: every model of the run.
            settings: how their engines run.
            show_progress: see `ShowProgress`.
            responses: the response store; with None every completion is generated.
            witnesses: record requests and completions; each chooses which models it records.
            placing: by model name, notes which replica was given which request; None notes nothing.
            executor_of: returns what answers for a model elsewhere; None opens the model here.
        """
        self.models = tuple(models)
        self.settings = settings
        self.responses = responses
        self._show_progress = show_progress
        self._witnesses = tuple(witnesses)
        self._placing = placing
        self._executor_of = executor_of
        self._queue: dict[str, dict[str, Submission]] = {}
        "Submissions scheduled for models that are not loaded yet: model name to node id to submission."
        self._live = LiveModels(settings, self._open)

    def schedule(self, submissions: Iterable[Submission]) -> None:
        """Queue the requests of the selected items; each model's engine gets them when the model is loaded."""
        for submission in submissions:
            self._queue.setdefault(submission.model.name, {})[submission.nodeid] = submission

    def completions(self, submission: Submission) -> tuple[tuple[Completion, ...], ...]:
        """Return the completions of one item, waiting for them: one tuple per request, one completion per stage.

        Requests that other items have submitted to the same model proceed meanwhile.

        Raises:
            ModelError: the model cannot be loaded.
        """
        live = self._live_model(submission.model)
        asked = live.asked.get(submission.nodeid) or live.ask(submission)
        if submission.follow_up is None and asked.ready:
            asked.take_stage(live.engine)
        else:
            with self.waiting_for(submission.model.name) as on_progress:

                def meanwhile(progress: EngineProgress) -> None:
                    # The cells of an earlier stage are shared only for a while.
                    live.begin_next_stages(waited_for=asked)
                    on_progress(progress)

                while not asked.finished:
                    if not asked.ready:
                        # All items advance together; alone, each would decode its second stage in a batch of one.
                        live.begin_next_stages(waited_for=asked)
                    asked.take_stage(live.engine, meanwhile)
        live.asked.pop(submission.nodeid)
        return tuple(tuple(stages) for stages in asked.completions)

    def begin(self, submission: Submission) -> None:
        """Submit the requests of one item without waiting."""
        self._live_model(submission.model).ask(submission)

    def drop(self, nodeids: Iterable[str]) -> None:
        """Cancel the requests of items whose completions are no longer needed."""
        self._live.drop(nodeids)

    def is_answered(self, nodeid: str) -> bool:
        """Return whether the completions of an item's current stage have all arrived."""
        asked = self._live.asked(nodeid)
        return asked is not None and asked.ready

    def answered(self, model: Model, nodeids: Iterable[str]) -> list[str]:
        """Return those of a model's items for which `is_answered` holds."""
        live = self._live.get(model)
        if live is None:
            return []
        return [one for one in nodeids if (asked := live.asked.get(one)) is not None and asked.ready]

    def wait_a_moment(self, model: Model) -> None:
        """Let the model's engine work on its submitted requests for a moment."""
        self._live_model(model).engine.pump()

    def stored(self, model: Model, requests: Sequence[Request]) -> list[Completion | None]:
        """Return the stored completion of each request, None where the response store has none."""
        responses = self.responses if self._executor_of(model) is None else None
        return stored_completions(model, self.settings, requests, responses=responses)

    def width_of(self, model: Model) -> int:
        """Return how many sequences of a model are decoded in one step."""
        return model.settings.width or self.settings.width

    def where(self) -> str:
        """Return the devices that the models run on, as one clause; empty if none runs on this machine."""
        here = [model for model in self.models if self._executor_of(model) is None]
        return placements(here, self.settings)

    def facts(self, model: Model) -> EngineFacts | None:
        """Return what a model's engine has reported about itself; None if it has not run."""
        return self._live.facts(model)

    def busy_s(self, model: Model) -> float:
        """Return how long a model's engine has computed, in seconds; 0 if it is not loaded."""
        return self._live.busy_s(model)

    def usage(self) -> tuple[ModelUsage, ...]:
        """Return tokens and seconds spent by each closed model, in the order they ran."""
        return self._live.usage()

    def unmatched(self) -> Mapping[str, tuple[str, ...]]:
        """Return, for each closed recording, the recorded questions that no case asked for."""
        return self._live.unmatched

    @contextmanager
    def waiting_for(self, what: str) -> Generator[Callable[[EngineProgress], None], None, None]:
        """Show progress during a wait; yields the callback that takes each progress report."""
        try:
            yield lambda progress: self._show_progress(what, progress)
        finally:
            self._show_progress(what, None)

    def close_models(self) -> None:
        """Close every loaded model; one that is needed again is loaded again."""
        self._live.close()

    def close(self) -> None:
        """Close every loaded model and the response store."""
        self.close_models()
        if self.responses is not None:
            self.responses.store.close()

    def _open(self, model: Model) -> Engine:
        executor = self._executor_of(model)
        if executor is not None:
            # No witness: what ran elsewhere cannot be run again here for a certificate.
            width = for_model(self.settings, model.settings).width
            return executor_engine(executor, model=model.name, threads=width)
        placing = None if self._placing is None else self._placing.setdefault(model.name, Placing())
        engine = open_engine(model, self.settings, responses=self.responses, placing=placing)
        for witness in self._witnesses:
            engine = witness.listening(model, engine)
        return engine

    def _live_model(self, model: Model) -> LiveModel:
        live, new = self._live.there(model)
        if new:
            for submission in self._queue.pop(model.name, {}).values():
                live.ask(submission)
        return live
