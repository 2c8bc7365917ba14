"""Thinking tokens are counted apart: in outcomes, in the totals of every report, from files and servers."""

from __future__ import annotations

import json

import pytest

from kit.fixtures import Write
from kit.openai_server import running

GRAMMAR = """grammar: 'root ::= "<think>" [a-z] [a-z] "</think> 3"'\n"""


def test_a_real_model_that_is_made_to_think(pytester: pytest.Pytester, suite: Write) -> None:
    suite(
        extra=f"{GRAMMAR}strategies: [direct, {{name: twice, like: direct, extraction: 'So:'}}]\nthreshold: 0\n",
        cases="  - {id: one, a: 1, b: 2, target: 3}\n",
    )
    result = pytester.runpytest(
        "--reasoning-models=nano", "--reasoning-json=out.json", "--reasoning-markdown=out.md",
        "--reasoning-html=out.html", "--reasoning-table=out.csv",
    )  # fmt: skip
    found = json.loads((pytester.path / "out.json").read_text())
    once, twice = found["outcomes"]
    assert (once["status"], once["answer"]) == ("correct", "3")
    assert once["completion_tokens"] > once["thinking_tokens"] > 2
    assert twice["thinking_tokens"] > once["thinking_tokens"]
    for outcome in (once, twice):
        assert len(outcome["ends"]) == len(outcome["logprobs"])
        assert outcome["ends"] == sorted(outcome["ends"])
        assert outcome["ends"][-1] == len(outcome["completion"])
    text, ends = once["completion"], once["ends"]
    pieces = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    assert "".join(pieces) == text
    assert once["thinking_tokens"] == sum(
        bool(piece) and end <= text.index("</think>") + 8 for piece, end in zip(pieces, ends, strict=True)
    )
    thought, every = (sum(row[key] for row in (once, twice)) for key in ("thinking_tokens", "completion_tokens"))
    assert found["models"][0]["thinking_tokens"] == thought
    share = f"{100 * thought / every:.0f} %"
    result.stdout.fnmatch_lines([f"nano: {thought} of {every} completion tokens are thinking ({share})."])
    assert f"| {thought} ({share}) |" in (pytester.path / "out.md").read_text()
    assert f'<td class="n">{thought} ({share})</td>' in (pytester.path / "out.html").read_text()
    assert ",completion_tokens,thinking_tokens," in (pytester.path / "out.csv").read_text()


def test_what_a_server_says_of_its_tokens(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="threshold: 0\n", cases="  - {id: one, a: 1, b: 2, target: 3}\n")
    usage = {
        "prompt_tokens": 7,
        "completion_tokens": 20,
        "completion_tokens_details": {"reasoning_tokens": 15},
    }
    message = {"content": "3", "reasoning_content": "1 and 2"}
    reply = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
    with running(lambda _, __: (200, reply)) as server:
        result = pytester.runpytest(f"--reasoning-models=endpoint:{server.url}", "--reasoning-json=out.json")
    (outcome,) = json.loads((pytester.path / "out.json").read_text())["outcomes"]
    assert (outcome["status"], outcome["completion_tokens"], outcome["thinking_tokens"]) == ("correct", 20, 15)
    result.stdout.fnmatch_lines(["*: 15 of 20 completion tokens are thinking (75 %)."])


def test_a_model_that_does_not_think_is_not_said_to(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="generation: {max_tokens: 4}\nthreshold: 0\n")
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-markdown=out.md")
    assert "thinking" not in result.stdout.str() + (pytester.path / "out.md").read_text()
