"""The child's task `restore`: loads a variant and its reference, and finds the block at which each text is lost."""

from __future__ import annotations

from dataclasses import asdict

from pytest_reasoning.engine.process.pipes import ChildPipes
from pytest_reasoning.engine.process.wire import Message, from_wire
from pytest_reasoning.engine.tasks.divergence.child import Side
from pytest_reasoning.engine.tasks.divergence.figures import Text
from pytest_reasoning.engine.tasks.restoring.patching import Restorer, TappedModel


def restore(task: Message, pipes: ChildPipes) -> None:
    """Do a `restore` task and send what is found for each text.

    Raises:
        EngineError, ModelError: the models cannot be loaded or looked into.
    """
    texts = [from_wire(Text, text) for text in task["texts"]]
    models = [from_wire(Side, task[name]).load() for name in ("reference", "variant")]
    longest = max(len(models[0].tokenize(text.prompt)) + len(text.tokens) for text in texts)
    restorer = Restorer(
        *[TappedModel(model, cells=longest + 1, alive=lambda: pipes.send({"op": "alive"})) for model in models]
    )
    for text in texts:
        pipes.send({"op": "done", "id": text.id, "figures": asdict(restorer.along(text))})
    pipes.send({"op": "end"})
