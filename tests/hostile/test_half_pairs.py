"""Half of a surrogate pair, through every entry that text has: no report is lost, and none holds it.

JSON and YAML can say it as an escape, templates and Python as a literal; no encoder writes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kit.openai_server import chat, running
from pytest_reasoning.engine.process.wire import decode, encode

HALF = r"\ud800"
"As an escape, in the languages that have it."

REPORTS = {"json": "report.json", "html": "report.html", "markdown": "report.md", "table": "table.csv"}

CONFTEST = r"""
from pytest_reasoning.prompting import Conversation
from pytest_reasoning.records import Message


class Halved:
    samples = 1

    def conversation(self, case):
        return Conversation(messages=(Message(role="user", content=f"{case.prompt} \udc00"),), query=0)

    def follow_up(self, case, asked, completion):
        return None


def said(text, targets):
    raise ValueError("\ud800 in an error")


def pytest_reasoning_strategies():
    return {"halved": Halved()}


def pytest_reasoning_scorers():
    return {"said": said}
"""

SUITE = r"""
prompt: 'Q: {{ q }}'
scorer: SCORER
strategies: [direct, halved]
threshold: 0.5
target: "{{ t }}"
dataset: {file: rows.jsonl, id: name}
cases:
  - {id: b, prompt: "{{ '\\ud800' }} {{ q }}", q: y, target: 3}
"""


def check_reports(folder: Path) -> None:
    for name in REPORTS.values():
        data = (folder / name).read_bytes()
        assert data
        data.decode("utf-8")
    text = (folder / "report.json").read_text(encoding="utf-8")
    json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8")
    (folder / "summary.md").read_text(encoding="utf-8")
    ElementTree.parse(folder / "junit.xml")


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    (pytester.path / "cases").mkdir()

    def run_and_check(*arguments: str) -> str:
        asked = [f"--reasoning-{kind}={name}" for kind, name in REPORTS.items()]
        result = pytester.runpytest(*arguments, *asked, "--junitxml=junit.xml", "-rA", "-v")
        output: str = result.stdout.str() + result.stderr.str()
        assert result.ret in (0, 1), output
        assert "Traceback" not in output
        assert "INTERNALERROR" not in output
        check_reports(pytester.path)
        return output

    return run_and_check


def write_suite(pytester: pytest.Pytester, scorer: str = "number") -> None:
    pytester.makeconftest(CONFTEST)
    row = '{"name": "a\\ud800", "q": "x\\ud800", "t": "3\\ud800"}'
    (pytester.path / "cases" / "rows.jsonl").write_text(row, encoding="utf-8")
    (pytester.path / "cases" / "s.yaml").write_text(SUITE.replace("SCORER", scorer), encoding="utf-8")


def test_in_suites_strategies_scorers_and_recordings(pytester: pytest.Pytester, run: Callable[..., str]) -> None:
    write_suite(pytester, "said")
    rows = [f'{{"id": "{case}", "completion": "3 {HALF} 4"}}' for case in (f"a{HALF}", "b", f"z{HALF}")]
    (pytester.path / "r.jsonl").write_text("\n".join(rows), encoding="utf-8")
    run("--reasoning-models=./r.jsonl")
    outcomes = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["outcomes"]
    assert {row["case"] for row in outcomes} == {"a\ufffd", "b"}
    assert {row["completion"] for row in outcomes} == {"3 \ufffd 4"}
    assert all("\ufffd in an error" in row["explanation"] for row in outcomes)


def test_in_a_server_s_answers(pytester: pytest.Pytester, run: Callable[..., str]) -> None:
    write_suite(pytester)
    replies = iter(
        [chat("3\ud800"), chat("4", reasoning_content="\ud800"), (400, {"error": "\ud800"}), chat("\ud800")]
    )
    with running(lambda _, __: next(replies)) as server:
        (pytester.path / "reasoning-models.yaml").write_text(
            f'"served": {{endpoint: "{server.url}", concurrency: 1}}\n', encoding="utf-8"
        )
        run("--reasoning-models=served")
    assert len(server.asked) == 4
    json.dumps(server.asked, ensure_ascii=False).encode("utf-8")
    outcomes = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["outcomes"]
    assert len(outcomes) == 4
    assert {row["status"] for row in outcomes} == {"correct", "wrong", "error", "unparsed"}


def test_in_what_a_model_in_process_is_asked(pytester: pytest.Pytester, run: Callable[..., str]) -> None:
    write_suite(pytester)
    pytester.makepyfile(
        r"""
        def test_half(reasoning_model):
            completion = reasoning_model.complete("Q: \ud800\nA:", max_tokens=2)
            completion.text.encode("utf-8")
        """
    )
    output = run("--reasoning-models=nano", "--reasoning-save-baseline")
    assert "1 passed" in output or "passed" in output
    (baseline,) = (pytester.path / ".reasoning" / "baselines").iterdir()
    assert HALF.encode() not in baseline.read_bytes()
    run("--reasoning-models=nano", "--reasoning-baseline")


def test_between_processes() -> None:
    line = encode({"op": "submit", "text": "a\ud800b", "emoji": "\U0001f600", "list": ["\udc00"]})
    assert decode(line) == {"op": "submit", "text": "a\ufffdb", "emoji": "\U0001f600", "list": ["\ufffd"]}
