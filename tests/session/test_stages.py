"""How items of several stages ask: what a later request tells the engine, and when it is submitted."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from kit.model_facts import model_facts
from pytest_reasoning.engine import Engine
from pytest_reasoning.records import Completion, Generation, Request, RequestKey
from pytest_reasoning.session.items.question import Question
from pytest_reasoning.session.live_models import LiveModel, Submission
from pytest_reasoning.suite import suite_from_text

SUITE = """
prompt: "Q: {{ a }} + {{ b }}?"
target: "{{ a + b }}"
strategies: [zero-shot-cot]
cases: [{id: one, a: 1, b: 2}]
"""
CHAT = "{% for message in messages %}<{{ message.role }}>{{ message.content }}{% endfor %}<assistant>"


def completion(text: str) -> Completion:
    return Completion(text=text, tokens=(), logprobs=(), finish="eos", prompt_tokens=0)


@pytest.mark.parametrize("template", [None, CHAT])
def test_a_later_stage_says_how_much_of_its_prompt_is_the_earlier_one(template: str | None, tmp_path: Path) -> None:
    suite = suite_from_text(SUITE, path=tmp_path / "t.yaml", display="t.yaml")
    (case,) = suite.cases
    question = Question(
        case=case, model=model_facts("m", template), label="zero-shot-cot", strategy=suite.strategy("zero-shot-cot")
    )
    (first,) = question.requests
    assert first.earlier_chars == 0
    assert question.follow_up is not None
    later = question.follow_up(0, [completion(" 1 and 2 make 3.")])
    assert later is not None
    assert later.prompt[: later.earlier_chars] == first.prompt
    assert later.prompt[later.earlier_chars :].startswith(" 1 and 2 make 3.\nTherefore")
    assert question.follow_up(0, [completion(" 1 and 2 make 3."), completion(" 3")]) is None


class Held:
    """An engine that answers what the test says is done."""

    def __init__(self) -> None:
        self.submitted: list[str] = []
        self.done: set[int] = set()

    def submit(self, request: Request) -> int:
        self.submitted.append(request.prompt)
        return len(self.submitted) - 1

    def ready(self, ticket: int) -> bool:
        return ticket in self.done

    def result(self, ticket: int, on_progress: object = None) -> Completion:
        assert on_progress is None
        assert ticket in self.done, "nothing is waited for"
        return completion(self.submitted[ticket])

    def cancel(self, tickets: list[int]) -> None:
        self.done.difference_update(tickets)


def test_the_next_stages_of_all_items_are_submitted_as_their_completions_arrive() -> None:
    engine = Held()
    live = LiveModel(model_facts("m"), cast("Engine", engine))

    def ask(name: str, *, stages: int = 2) -> None:
        request = Request(
            key=RequestKey(case=name), prompt=name, prefix_chars=0, generation=Generation(max_tokens=1)
        )

        def follow_up(_: int, said: object) -> Request | None:
            assert isinstance(said, list)
            later = Request(
                key=RequestKey(case=name), prompt=f"{name}2", prefix_chars=0, generation=Generation(max_tokens=1)
            )
            return later if len(said) < stages else None

        live.ask(
            Submission(
                nodeid=name,
                model=model_facts("m"),
                requests=(request,),
                follow_up=follow_up if stages > 1 else None,
            )
        )

    for name in "abc":
        ask(name)
    ask("d", stages=1)
    engine.done = {0, 2, 3}
    live.begin_next_stages(waited_for=live.asked["a"])
    # Whoever waits for `a` takes it himself, `b` is not done, and `d` has no second stage.
    assert engine.submitted == ["a", "b", "c", "d", "c2"]
    engine.done = {1, 4}
    live.drop(["b"])
    live.begin_next_stages(waited_for=live.asked["a"])
    assert engine.submitted == ["a", "b", "c", "d", "c2"]
    assert live.asked["c"].finished
    assert [one.text for one in live.asked["c"].completions[0]] == ["c", "c2"]
