"""A named model inside an ordinary Python test: the fixture `reasoning_model`."""

from __future__ import annotations

from itertools import count
from typing import Any

from pytest_reasoning.records import Completion, Generation, Model, Request, RequestKey
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.live_models import Submission
from pytest_reasoning.text.errors import EngineError
from pytest_reasoning.text.unicode import valid_text


class NamedModel:
    """One of the models of `--reasoning-models`, ready to be asked; it shares engine, store and summary."""

    def __init__(self, facts: Model, asker: Asker, nodeid: str) -> None:
        """Take the model, what asks it, and the node id of the test that wants to know."""
        self.facts = facts
        self._asker = asker
        self._nodeid = nodeid
        self._count = count()

    @property
    def name(self) -> str:
        """The model's name, as in node ids."""
        return self.facts.name

    def complete(self, prompt: str, **generation: Any) -> Completion:
        """Return the model's completion of `prompt`, which is taken as it is: no chat template.

        Args:
            prompt: the whole text.
            generation: fields of `records.Generation`, such as `max_tokens` (default 256) and `stop`.

        Raises:
            EngineError: the completion could not be made.
            ModelError: the model cannot be loaded.
        """
        place = f"{self._nodeid}#{next(self._count)}"
        key = RequestKey(case=place)
        request = Request(key=key, prompt=valid_text(prompt), prefix_chars=0, generation=Generation(**generation))
        submission = Submission(nodeid=place, model=self.facts, requests=(request,))
        completion = self._asker.completions(submission)[0][0]
        if completion.finish in ("error", "deadline"):
            raise EngineError(completion.error or completion.finish)
        return completion
