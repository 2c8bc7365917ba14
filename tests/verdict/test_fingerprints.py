from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import pytest

from pytest_reasoning.records import (
    Case,
    EngineFacts,
    Exemplar,
    Generation,
    Gguf,
    Lora,
    MachineClass,
    Message,
    ModelSettings,
    ScorerSpec,
    Thinking,
)
from pytest_reasoning.verdict import case_fingerprints, cause_between, model_fingerprints
from pytest_reasoning.verdict.fingerprints import across_machines, engine_fingerprints

CASE = Case(
    suite="letters",
    id="larry-page",
    file="cases/letters.yaml",
    line=7,
    prompt='Q: Take the last letters of "Larry Page".',
    target=("ye",),
    scorer=ScorerSpec(type="exact"),
    generation=Generation(max_tokens=8),
)
MESSAGES = (Message(role="user", content=CASE.prompt),)
FACTS = Gguf(
    name="small",
    reference="zoo:small",
    path="/x/small.gguf",
    sha256="a" * 64,
    architecture="llama",
    n_params=125_000,
    n_layers=2,
    n_embd=64,
    n_ctx_train=512,
    quantization="F16",
    size_bytes=1,
    chat_template="{{ messages }}",
    tokenizer_sha256="b" * 64,
)


def changed_parts(case: Case = CASE, **asked: Any) -> set[str]:
    before = case_fingerprints(CASE, messages=MESSAGES)
    now = case_fingerprints(case, **{"messages": MESSAGES, **asked})
    return {part for part in before if before[part] != now[part]}


@pytest.mark.parametrize(
    ("case", "parts"),
    [
        (replace(CASE, id="renamed", file="elsewhere.yaml", line=99, tags=("hard",), repeats=5), {"instance"}),
        (replace(CASE, target=("ye", "YE")), {"content", "instance"}),
        (replace(CASE, prompt="Q: another"), {"content"}),
        (replace(CASE, scorer=ScorerSpec(type="regex", params={"pattern": "x"})), {"scorer"}),
        (replace(CASE, generation=Generation(max_tokens=9)), {"sampling"}),
        (replace(CASE, choices=(" yes", " no")), {"sampling"}),
        (replace(CASE, grammar="root ::= [a-z]+"), {"sampling"}),
        (replace(CASE, thinking=Thinking(enabled=False)), {"sampling"}),
        (
            replace(CASE, variables={"name": "Larry Page"}, fewshot=(Exemplar(prompt="p", target="t"),)),
            {"instance"},
        ),
    ],
)
def test_each_part_of_a_case_changes_its_own_hash(case: Case, parts: set[str]) -> None:
    assert changed_parts(case) == parts


def test_an_instance_is_its_variables_and_targets_whatever_its_id_and_wording() -> None:
    case = replace(CASE, variables={"name": "Larry Page"})
    reworded = replace(case, id="renamed", prompt="Take the last letters of Larry Page.")
    before, now = (case_fingerprints(one, messages=MESSAGES) for one in (case, reworded))
    assert before["instance"] == now["instance"]
    assert before["content"] != now["content"]


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        ({"messages": (Message(role="system", content="Be brief."), *MESSAGES)}, {"prompt"}),
        ({"messages": (Message(role="system", content=CASE.prompt),)}, {"prompt"}),
        ({"answer_start": "Let's think step by step."}, {"prompt"}),
        ({"strategy": {"extraction": "So the answer is"}}, {"prompt"}),
        ({"strategy": {"samples": 5}}, {"sampling"}),
        ({"strategy": {"temperature": 0.7}}, {"sampling"}),
    ],
)
def test_the_way_of_asking_changes_prompt_or_sampling(asked: dict[str, Any], parts: set[str]) -> None:
    assert changed_parts(**asked) == parts


def test_hashes_are_the_same_on_every_machine() -> None:
    assert case_fingerprints(CASE, messages=MESSAGES)["content"] == "5c96dd208480"


def test_a_model_is_described_by_what_decides_its_answers() -> None:
    engine = EngineFacts(llama_cpp="b6789", llama_cpp_python="0.3.36", backend="cpu", batching="fast", width=32)
    found = model_fingerprints(FACTS, engine=engine, plugin="0.1.0", cpu="avx2")
    assert found == {
        "weights file": "a" * 16,
        "tokenizer": "b" * 16,
        "chat template": found["chat template"],
        "quantization": "F16",
        "llama.cpp": "b6789",
        "llama-cpp-python": "0.3.36",
        "backend": "cpu",
        "batching": "fast",
        "cpu": "avx2",
        "plugin": "0.1.0",
    }
    bare = replace(FACTS, chat_template=None, tokenizer_sha256="")
    found = model_fingerprints(bare, engine=None, plugin="0.1.0", cpu="")
    assert found == {"weights file": "a" * 16, "chat template": "none", "quantization": "F16", "plugin": "0.1.0"}


@pytest.mark.parametrize(
    ("before", "now", "suite", "said"),
    [
        (
            {"weights file": "a", "llama.cpp": "b1"},
            {"weights file": "b", "llama.cpp": "b1"},
            ("prompts", "sampling"),
            "weights file changed; prompts, sampling and llama.cpp did not",
        ),
        (
            {"weights file": "a", "quantization": "F16"}, {"weights file": "b", "quantization": "Q4_0"}, (),
            "weights file and quantization changed",
        ),
        ({"weights file": "a"}, {"weights file": "a"}, (), "nothing recorded changed"),
        (
            {"weights file": "a"}, {"weights file": "b", "cpu": "avx2"}, (),
            "weights file changed; unknown: cpu",
        ),
        ({}, {}, (), "nothing recorded changed"),
    ],
)  # fmt: skip
def test_a_cause_says_what_changed_and_what_did_not(
    before: dict[str, str], now: dict[str, str], suite: tuple[str, ...], said: str
) -> None:
    assert str(cause_between(before, now, same_of_suite=suite)) == said


def test_an_adapter_is_a_cause_and_its_place_is_not() -> None:
    def described(settings: ModelSettings) -> Mapping[str, str]:
        return model_fingerprints(replace(FACTS, settings=settings), engine=None, plugin="0.1.0", cpu="")

    bare = described(ModelSettings(threads=2, generation={"max_tokens": 9}))
    adapted = described(ModelSettings(lora=(Lora(path="/x/a.gguf", sha256="c" * 64),)))
    moved = described(ModelSettings(lora=(Lora(path="/y/a.gguf", sha256="c" * 64),)))
    assert "model settings" not in bare
    assert adapted == moved
    assert cause_between(bare, adapted).changed == ("model settings",)
    assert cause_between(adapted, moved).changed == ()


def test_facts_of_several_classes_of_machine_are_joined_and_counted() -> None:
    here = MachineClass(cpu="a", backend="cpu", llama_cpp="b1")
    there = MachineClass(cpu="b", gpu="H200", backend="CUDA0", llama_cpp="b1")
    one = engine_fingerprints(asdict(EngineFacts(machines=(here,))), plugin="", cpu="")
    both = engine_fingerprints(asdict(EngineFacts(machines=(here, there))), plugin="", cpu="")
    assert (one["cpu"], "gpu" in one, "machine classes" in one) == ("a", False, False)
    assert (both["cpu"], both["gpu"], both["backend"], both["llama.cpp"]) == (
        "a and b",
        "H200",
        "cpu and CUDA0",
        "b1",
    )
    assert both["machine classes"] == "2"
    assert cause_between(one, both).changed == ("backend", "cpu", "machine classes")
    assert across_machines(one, one) == ""
    assert across_machines(one, both) == ("across classes of machine: backend and cpu differ, 1 before and 2 now")
    assert across_machines(both, both) == "across classes of machine: 2 before and 2 now"
    assert across_machines({}, both) == "", "nothing is known of a server's machine"
