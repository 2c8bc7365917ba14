"""The one way to the models: what is scheduled, asked, answered and spent in this process."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager

from pytest_reasoning.engine import (
    Engine,
    EngineFacts,
    EngineProgress,
    EngineSettings,
    Responses,
    open_engine,
    placements,
    stored_completions,
)
from pytest_reasoning.records import Completion, Model, ModelUsage, Request
from pytest_reasoning.session.live_models import LiveModel, LiveModels, Submission
from pytest_reasoning.session.witness import Witness

ShowProgress = Callable[[str, EngineProgress | None], None]
"Called with what is waited for and how far it is; with None when the wait is over."


class Asker:
    """Loads each model when it is first asked, and gives it everything that was scheduled for it at once."""

    def __init__(
        self,
        models: Sequence[Model],
        settings: EngineSettings,
        *,
        show_progress: ShowProgress,
        responses: Responses | None = None,
        witnesses: Sequence[Witness] = (),
    ) -> None:
        """Take the models in the order they run.

        Args:
            models: of the run.
            settings: of their engines.
            show_progress: see `ShowProgress`.
            responses: the response store; None makes every completion anew.
            witnesses: listen to every model, as far as they want to.
        """
        self.models = tuple(models)
        self.settings = settings
        self.responses = responses
        self._show_progress = show_progress
        self._witnesses = tuple(witnesses)
        self._queue: dict[str, dict[str, Submission]] = {}
        "Scheduled for models that nobody has asked yet: by model, then by node id."
        self._live = LiveModels(settings, self._open)

    def schedule(self, submissions: Iterable[Submission]) -> None:
        """Note what was selected; it goes to each model's engine when that model's turn comes."""
        for submission in submissions:
            self._queue.setdefault(submission.model.name, {})[submission.nodeid] = submission

    def completions(self, submission: Submission) -> tuple[tuple[Completion, ...], ...]:
        """Return the completions of one item: for each of its requests those of all stages.

        What other items have asked the same model goes on while this one waits.

        Raises:
            ModelError: the model cannot be loaded.
        """
        live = self._live_model(submission.model)
        asked = live.asked.get(submission.nodeid) or live.ask(submission)
        with self.waiting_for(submission.model.name) as on_progress:
            while not asked.finished:
                # Stage by stage for all at once: alone, each would decode its second stage in a batch of one.
                together = [asked] if submission.follow_up is None else live.of_several_stages()
                for other in together:
                    other.take_stage(live.engine, on_progress)
        live.asked.pop(submission.nodeid)
        return tuple(tuple(stages) for stages in asked.completions)

    def begin(self, submission: Submission) -> None:
        """Ask the model, and go on at once."""
        self._live_model(submission.model).ask(submission)

    def drop(self, nodeids: Iterable[str]) -> None:
        """Take back what was begun; nobody will ask for it."""
        self._live.drop(nodeids)

    def is_answered(self, nodeid: str) -> bool:
        """Tell whether `completions` would not wait, or only for later stages."""
        asked = self._live.asked(nodeid)
        return asked is not None and asked.ready

    def wait_a_moment(self, model: Model) -> None:
        """Let what was begun go on."""
        self._live_model(model).engine.pump()

    def stored(self, model: Model, requests: Sequence[Request]) -> list[Completion | None]:
        """Return what the response store has for each request."""
        return stored_completions(model, self.settings, requests, responses=self.responses)

    def width_of(self, model: Model) -> int:
        """Return how many sequences of a model are decoded in one step."""
        return model.settings.width or self.settings.width

    def where(self) -> str:
        """Return what the models are run on; empty where nothing runs here."""
        return placements(self.models, self.settings)

    def facts(self, model: Model) -> EngineFacts | None:
        """Return what a model's engine has said of itself by now; None if it never ran."""
        return self._live.facts(model)

    def usage(self) -> tuple[ModelUsage, ...]:
        """Return what each model has cost that was closed, in the order they ran."""
        return self._live.usage()

    def unmatched(self) -> Mapping[str, tuple[str, ...]]:
        """Return, by model that was closed, the questions of recorded completions that no case has asked."""
        return self._live.unmatched

    @contextmanager
    def waiting_for(self, what: str) -> Generator[Callable[[EngineProgress], None], None, None]:
        """Show the progress of a wait while it lasts; gives what is to be told how far it is."""
        try:
            yield lambda progress: self._show_progress(what, progress)
        finally:
            self._show_progress(what, None)

    def close_models(self) -> None:
        """End what is loaded; a model that is asked again is loaded again."""
        self._live.close()

    def close(self) -> None:
        """End what is loaded, and leave the store to other runs."""
        self.close_models()
        if self.responses is not None:
            self.responses.store.close()

    def _open(self, model: Model) -> Engine:
        engine = open_engine(model, self.settings, responses=self.responses)
        for witness in self._witnesses:
            engine = witness.listening(model, engine)
        return engine

    def _live_model(self, model: Model) -> LiveModel:
        live, new = self._live.there(model)
        if new:
            for submission in self._queue.pop(model.name, {}).values():
                live.ask(submission)
        return live
