"""Samples, choices, grammars and sampling on a real, random-weight model."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from kit.tiny_gguf import tiny_model
from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey

PREFIX = "Shown to all of them. "


@pytest.fixture(scope="module")
def models(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    mamba = tiny_model(tmp_path_factory.mktemp("models") / "mamba.gguf", "mamba")
    return {"attention": tiny_llama, "recurrent": mamba}


def request(own: str, **changes: object) -> Request:
    plain = Request(
        key=RequestKey(case=own),
        prompt=PREFIX + own,
        prefix_chars=len(PREFIX),
        generation=Generation(max_tokens=6, temperature=0.9),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def answers(
    model: Path, requests: list[Request], settings: EngineSettings | None = None
) -> tuple[list[Completion], int]:
    with ProcessEngine(model, settings) as engine:
        found = [engine.result(ticket) for ticket in [engine.submit(request) for request in requests]]
        return found, engine.totals.prompt_tokens


@pytest.mark.parametrize("kind", ["attention", "recurrent"])
def test_samples_of_one_prompt_are_evaluated_once_and_forked(kind: str, models: dict[str, Path]) -> None:
    model = models[kind]
    samples = [request("sampled", sample=i) for i in range(70)]
    found, evaluated = answers(
        model, [*samples, request("another")], EngineSettings(model=ModelSettings(width=8, gpu_layers=0))
    )
    assert evaluated == len(PREFIX + "sampled" + "another")
    assert len({completion.text for completion in found[:70]}) > 60
    alone, _ = answers(model, [samples[41]], EngineSettings(model=ModelSettings(width=8, gpu_layers=0)))
    assert (alone[0].tokens, alone[0].logprobs) == (found[41].tokens, found[41].logprobs)


def test_the_seed_changes_what_is_drawn_and_nothing_else_does(tiny_llama: Path) -> None:
    seeds = [request("same", generation=Generation(max_tokens=8, temperature=1.0, seed=seed)) for seed in range(12)]
    found, _ = answers(tiny_llama, seeds)
    again, _ = answers(tiny_llama, seeds[::-1])
    assert [completion.tokens for completion in found] == [completion.tokens for completion in again[::-1]]
    assert len({completion.tokens for completion in found}) > 8


def test_choices_are_scored_as_the_chain_rule_says(tiny_llama: Path) -> None:
    choices = ("ye", "y", "ek", "a long continuation of several words")
    generation = Generation(max_tokens=1)
    scored, evaluated = answers(tiny_llama, [request("Answer:", generation=generation, choices=choices)])
    # One token is one byte here: the chain is walked with requests whose only choice is the next byte.
    steps = [(text[:i], text[i]) for text in choices for i in range(len(text))]
    single, _ = answers(
        tiny_llama, [request("Answer:" + said, choices=(letter,), generation=generation) for said, letter in steps]
    )
    logprobs = dict(zip(steps, (one.choices[0].logprob for one in single), strict=True))
    for text, score in zip(choices, scored[0].choices, strict=True):
        chain = sum(logprobs[text[:i], text[i]] for i in range(len(text)))
        assert score.logprob == pytest.approx(chain, abs=0.05)
        assert (score.tokens, score.chars) == (len(text), len(text))
    best = max(range(4), key=lambda i: scored[0].choices[i].logprob)
    assert scored[0].text == choices[best]
    assert (scored[0].finish, scored[0].tokens) == ("stop", ())
    assert evaluated == len(PREFIX) + len("Answer:") + sum(len(text) - 1 for text in choices)


def test_choices_of_one_token_are_a_distribution(tiny_llama: Path) -> None:
    letters = tuple(chr(code) for code in range(ord("!"), ord("~") + 1))
    found, evaluated = answers(tiny_llama, [request("Pick:", generation=Generation(max_tokens=1), choices=letters)])
    mass = sum(math.exp(score.logprob) for score in found[0].choices)
    assert 0.0 < mass < 1.0
    assert evaluated == len(PREFIX) + len("Pick:")


def test_scores_do_not_depend_on_company(tiny_llama: Path) -> None:
    asked = [
        request(f"Q{i}", generation=Generation(max_tokens=1), choices=("yes" * (i + 1), "no", "perhaps" * 10))
        for i in range(6)
    ]
    mixed = [request(f"free {i}", generation=Generation(max_tokens=20)) for i in range(6)]
    both = [one for pair in zip(asked, mixed, strict=True) for one in pair]
    together, _ = answers(tiny_llama, both)
    reverse, _ = answers(tiny_llama, both[::-1])
    alone, _ = answers(tiny_llama, [asked[3]])
    assert [one.choices for one in together] == [one.choices for one in reverse[::-1]]
    assert [one.logprobs for one in together] == [one.logprobs for one in reverse[::-1]]
    assert alone[0].choices == together[6].choices


def test_a_choice_that_merges_with_the_prompt_is_scored_with_the_merged_token(tiny_llama: Path) -> None:
    # "a" + "b" is one token of this vocabulary.
    found, _ = answers(tiny_llama, [request("xa", generation=Generation(max_tokens=1), choices=("b", "c"))])
    assert [score.tokens for score in found[0].choices] == [1, 2]
    assert found[0].prompt_tokens == len(PREFIX) + 1


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_grammar_holds(tiny_llama: Path, temperature: float) -> None:
    generation = Generation(max_tokens=30, temperature=temperature)
    grammar = 'root ::= " " ("yes" | "no") "."'
    asked = [request(f"{i}", generation=generation, grammar=grammar) for i in range(6)]
    free = [request(f"{i}", generation=generation) for i in range(6)]
    found, _ = answers(tiny_llama, [*asked, *free])
    assert {completion.text for completion in found[:6]} <= {" yes.", " no."}
    assert {completion.finish for completion in found[:6]} == {"eos"}
    assert {completion.finish for completion in found[6:]} == {"length"}


def test_a_json_schema_holds(tiny_llama: Path) -> None:
    schema = '{"type": "object", "properties": {"a": {"enum": [1, 22]}}, "required": ["a"]}'
    found, _ = answers(tiny_llama, [request("json", generation=Generation(max_tokens=60), grammar=schema)])
    assert found[0].text.replace(" ", "").replace("\n", "") in ('{"a":1}', '{"a":22}')


def test_a_grammar_that_is_none_is_an_error_of_one_request(tiny_llama: Path) -> None:
    found, _ = answers(
        tiny_llama, [request("bad", grammar="root ::= ("), request("good"), request("no", grammar="{x")]
    )
    assert [completion.finish for completion in found] == ["error", "length", "error"]
    assert found[0].error == "llama.cpp cannot read the grammar (correct it; its first rule is `root`)"
    assert found[2].error is not None
    assert found[2].error.startswith("not a JSON schema that can be a grammar: ")


def test_fast_batching_answers_the_same_questions(tiny_llama: Path) -> None:
    asked = [request("x" * i, generation=Generation(max_tokens=9)) for i in range(1, 40)]
    samples = [request("sampled", sample=i) for i in range(20)]
    fast = EngineSettings(model=ModelSettings(width=8), batching="fast")
    found, evaluated = answers(tiny_llama, [*asked, *samples], fast)
    assert {completion.finish for completion in found} == {"length"}
    assert [len(completion.tokens) for completion in found] == [9] * 39 + [6] * 20
    assert evaluated == len(PREFIX) + sum(range(1, 40)) + len("sampled")
