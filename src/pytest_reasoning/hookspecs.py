"""The hooks through which `conftest.py` files and plugins extend the suite format and answer for models.

This module imports nothing of either, so that registering the hooks costs no start-up time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_reasoning.engine import Executor
    from pytest_reasoning.prompting import CustomStrategy
    from pytest_reasoning.records import Model
    from pytest_reasoning.scoring import CustomScorer
    from pytest_reasoning.suite import Generator


@pytest.hookspec
def pytest_reasoning_scorers() -> Mapping[str, CustomScorer]:  # type: ignore[empty-body]
    """Return scorers by the names that suites use.

    A scorer is called as `scorer(text, targets, **params)`: the model's text without its thinking, the tuple of
    correct answers, and the parameters given in YAML. It returns true, false, or a `Score`, which can also say that
    there is no answer at all. For example, in `conftest.py`:

        from pytest_reasoning import Score

        def palindrome(text, targets, *, ignore=""):
            words = text.split()
            if not words:
                return Score(status="unparsed", answer=None, explanation="the model said nothing")
            word = words[-1].replace(ignore, "")
            status = "correct" if word == word[::-1] else "wrong"
            return Score(status=status, answer=word, explanation=f"{word!r}, read backwards: {word[::-1]!r}")

        def pytest_reasoning_scorers():
            return {"palindrome": palindrome}

    and in a suite:

        scorer: {type: palindrome, ignore: "-"}
    """


@pytest.hookspec
def pytest_reasoning_generators() -> Mapping[str, Callable[..., Generator]]:  # type: ignore[empty-body]
    """Return generators by the names that `generate.vars` uses.

    A generator is called with the parameters given in YAML: a mapping as keyword arguments, anything else as one
    argument. It returns an object with a method `draw(stream, known)`, which returns one value. The value must
    depend on the `RandomStream` and on `known`, the variables drawn before, alone, so that equal seeds give equal
    values. For example, in `conftest.py`:

        class Dice:
            def __init__(self, sides):
                self.sides = sides

            def draw(self, stream, known):
                return stream.between(1, self.sides)

        def pytest_reasoning_generators():
            return {"dice": Dice}

    and in a suite:

        generate:
          count: 20
          seed: 1
          vars: {a: {dice: 6}, b: {dice: 6}}
    """


@pytest.hookspec
def pytest_reasoning_strategies() -> Mapping[str, CustomStrategy]:  # type: ignore[empty-body]
    """Return strategies by the names that suites use.

    A strategy has three members. `samples` is the number of completions per answer; with several, the majority
    decides. `conversation(case)` returns the conversation that asks the question. `follow_up(case, asked,
    completion)` returns the conversation of the next stage, or None if `completion` holds the answer. For example,
    in `conftest.py`:

        from pytest_reasoning import Conversation, Message

        class Twice:
            samples = 1

            def conversation(self, case):
                question = f"{case.prompt}\\nI repeat: {case.prompt}"
                return Conversation(messages=(Message(role="user", content=question),), query=0)

            def follow_up(self, case, asked, completion):
                return None

        def pytest_reasoning_strategies():
            return {"twice": Twice()}

    and in a suite:

        strategies: [direct, twice]
    """


@pytest.hookspec(firstresult=True)
def pytest_reasoning_executor(model: Model) -> Executor | None:
    """Return what answers the requests to a model in place of the plugin, or None if the plugin shall answer.

    An executor is called as `executor(request)`, on as many threads at a time as the model's `width` (32). It
    returns a `Completion`, or the text of one. What it raises is the error of that case. `request.prompt` is the
    whole text, with the chat template applied; `request.messages` are the messages that it was made from, and
    `request.generation` says how to decode. The executor must end the text at the stop texts itself, and keep to a
    time limit of its own. The model is named as usual, `model.name` in reports; its file is read for its facts, but
    not loaded, and nothing is stored or certified. For example, in the `conftest.py` of the root folder, with one
    process for each request in place of another machine:

        import subprocess
        import sys

        PROGRAM = "import sys; print(3 if '1 plus 2' in sys.stdin.read() else 'no idea')"

        def elsewhere(request):
            command = [sys.executable, "-c", PROGRAM]
            return subprocess.check_output(command, input=request.prompt, text=True, timeout=60)

        def pytest_reasoning_executor(model):
            return elsewhere if model.name == "nano" else None
    """
