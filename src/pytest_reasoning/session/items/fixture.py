"""The value of the fixture `reasoning_model`: a model that an ordinary Python test can use."""

from __future__ import annotations

from itertools import count
from typing import Any

from pytest_reasoning.records import Completion, Generation, Model, Request, RequestKey
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.live_models import Submission
from pytest_reasoning.text.errors import EngineError
from pytest_reasoning.text.unicode import valid_text


class NamedModel:
    """One of the models of `--reasoning-models`; it shares engine, response store and summary with the suites."""

    def __init__(self, facts: Model, asker: Asker, nodeid: str) -> None:
        """Take the model, the asker, and the node id of the test that uses the fixture."""
        self.facts = facts
        self._asker = asker
        self._nodeid = nodeid
        self._count = count()

    @property
    def name(self) -> str:
        """The model's name as in node ids."""
        return self.facts.name

    def complete(self, prompt: str, **generation: Any) -> Completion:
        """Return the model's completion of `prompt`, which is used as it is, without a chat template.

        Args:
            prompt: the whole text that the model reads.
            generation: fields of `records.Generation`, such as `max_tokens` (default 256) and `stop`.

        Raises:
            EngineError: the model's engine failed, or a time limit was exceeded.
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
