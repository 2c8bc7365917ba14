"""A key planted in every field that a server answers with, and in its address, is in nothing that a run writes."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from kit.fixtures import Write
from kit.openai_server import Reply, running
from pytest_reasoning.cli import main

KEY = "sk-Secret/0123456789+x"
IN_PATH = "sk-Path0123456789"
FORMS = [KEY, quote(KEY, safe=""), IN_PATH]
CASES = "".join(f"  - {{id: case-{n}, a: {n}, b: 1, target: 9}}\n" for n in range(8))


def said(text: str, **more: Any) -> Reply:
    """Return an answer with the key in every field it has."""
    message = {"role": KEY, "content": text, "reasoning_content": f"{KEY}?", "name": KEY, **more}
    return 200, {
        "id": KEY,
        "model": KEY,
        "system_fingerprint": KEY,
        "choices": [{"message": message, "finish_reason": KEY, "logprobs": {KEY: KEY}}],
        "usage": {"prompt_tokens": 7, KEY: KEY, "completion_tokens_details": {KEY: KEY}},
    }


ANSWERS: list[Reply] = [
    said(f"my key is {KEY}, so 9"),
    said(f"{KEY}{KEY} {quote(KEY, safe='')}"),
    said("", refusal=KEY),
    (200, {"choices": KEY}),
    (200, KEY),
    (400, {"error": {"message": f"{'x' * 190}{KEY}", "code": KEY}}),
    (422, {"detail": f"the context window of {KEY} is exceeded"}),
    (500, f"<html>{KEY}</html>"),
]
ENDS: list[Reply] = [
    (401, {"error": KEY}),
    (404, {"error": {"message": f"no model {KEY}"}}),
    (307, {"error": KEY}),
]


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["alone", "xdist"])
@pytest.mark.parametrize("answers", [ANSWERS, *([end] for end in ENDS)], ids=["answers", "401", "404", "redirect"])
def test_no_key_is_written_anywhere(
    pytester: pytest.Pytester,
    suite: Write,
    monkeypatch: pytest.MonkeyPatch,
    answers: list[Reply],
    workers: list[str],
) -> None:
    if workers and len(answers) == 1:
        pytest.skip("what ends a model is told by one process as by another")
    suite(extra="threshold: 0.5\n", cases=CASES)
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    replies = cycle(answers)
    with running(lambda _, __: next(replies)) as server:
        server.models = {"data": [{"id": f"model {KEY}", "owned_by": KEY}]}
        server.headers = {
            "X-Echo": KEY,
            "Location": f"https://u:{quote(KEY, safe='')}@b.example/{IN_PATH}/v1?key={KEY}",
            "Set-Cookie": f"key={KEY}",
        }
        address = server.url.replace("/v1", f"/{IN_PATH}/v1")
        (pytester.path / "reasoning-models.yaml").write_text(
            f"served: {{endpoint: '{address}', key_variable: MY_KEY, retries: 0, concurrency: 1}}\n"
        )
        result = pytester.runpytest(
            f"--reasoning-models=served,{address.replace('/v1', '/v2')}",
            "-vv", "-rA", "--showlocals", "-o", "log_cli=true", "--log-level=DEBUG", "--log-file=log.txt",
            "--junitxml=junit.xml", "--reasoning-json=report.json", "--reasoning-markdown=report.md",
            "--reasoning-html=report.html", "--reasoning-table=table.csv", "--reasoning-store=store",
            "--reasoning-show=all", "--reasoning-save-baseline", *workers,
        )  # fmt: skip
    assert f"Bearer {KEY}" in server.keys
    (pytester.path / "reasoning-models.yaml").unlink()
    shown = result.stdout.str() + result.stderr.str()
    assert [line for line in shown.splitlines() if "INTERNALERROR" in line][-12:] == []
    assert "[key]" in shown
    if answers == ENDS[2:]:
        assert "status 307: it redirects to https://b.example/[key]/v1 (name the address it has now)" in shown
    written = [path for path in pytester.path.rglob("*") if path.is_file()]
    names = {path.name for path in written}
    assert {"report.json", "report.md", "report.html", "table.csv", "junit.xml", "log.txt", "summary.md"} <= names
    for form in FORMS:
        assert form not in shown
        assert [path for path in written if form.encode() in path.read_bytes() or form in str(path)] == []


def test_commands_show_no_key(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["models", f"http://127.0.0.1:9/{IN_PATH}/v1"])
    shown = capsys.readouterr()
    assert IN_PATH not in shown.out + shown.err
