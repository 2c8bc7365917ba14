"""Models behind a server: the same outcomes as in process, and no key in anything that is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit.fixtures import Write
from kit.openai_server import chat, completion, running
from kit.ports import free_port
from pytest_reasoning.models.embedded import ZOO

pytestmark = pytest.mark.slow

KEY = "sk-Secret0123456789"
SHIPPED = Path(__file__).parents[2] / "cases"


LLAMA_SERVER = os.environ.get("LLAMA_SERVER", "")
"Path of llama.cpp's own server, which no package brings."


@pytest.fixture(scope="module", params=["llama_cpp.server", "llama-server"])
def llama_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with an embedded model, llama-cpp-python's or llama.cpp's own; its address."""
    port = str(free_port())
    url = f"http://127.0.0.1:{port}/v1"
    log = tmp_path_factory.mktemp("server") / "log"
    model = str(ZOO / "small.gguf")
    if request.param == "llama_cpp.server":
        command = [sys.executable, "-m", "llama_cpp.server", "--model", model]
        command += ["--n_ctx", "1024", "--n_threads", "1"]
    elif LLAMA_SERVER:
        command = [LLAMA_SERVER, "-m", model, "-c", "4096", "-np", "4", "-t", "1"]
    else:
        pytest.skip("LLAMA_SERVER names no llama-server")
    with log.open("wb") as output:
        process = subprocess.Popen([*command, "--host", "127.0.0.1", "--port", port], stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            try:
                httpx.get(f"{url}/models", timeout=2).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.2)
        assert process.poll() is None, log.read_text()
        yield url
    finally:
        process.terminate()
        process.wait(20)


def write_models(pytester: pytest.Pytester, text: str) -> None:
    (pytester.path / "reasoning-models.yaml").write_text(text, encoding="utf-8")


def outcomes(pytester: pytest.Pytester) -> dict[str, dict[str, tuple[str, str]]]:
    """By case and strategy, then model: status and completion."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    report = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))
    for row in report["outcomes"]:
        found.setdefault(f"{row['case']}/{row['strategy']}", {})[row["model"]] = (row["status"], row["completion"])
    return found


def test_a_server_gives_what_the_engine_gives(pytester: pytest.Pytester, llama_server: str) -> None:
    folder = pytester.mkdir("cases")
    for name in ("reverse", "addition_2_digits"):
        head, cases, rows = (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8").partition("\ncases:\n")
        few = "\n".join(rows.splitlines()[:8])
        (folder / f"{name}.yaml").write_text(f"{head}{cases}{few}\n", encoding="utf-8")
    write_models(
        pytester,
        f"local: {{gguf: {ZOO / 'small.gguf'}, threads: 1}}\n"
        f"served: {{endpoint: '{llama_server}', chat: false, concurrency: 3}}\n",
    )
    result = pytester.runpytest("--reasoning-models=all", "--reasoning-json=report.json")
    assert "errors" not in result.parseoutcomes()
    found = outcomes(pytester)
    assert len(found) == 24
    assert all(by["local"] == by["served"] for by in found.values()), found
    assert {status for by in found.values() for status, _ in by.values()} == {"correct", "wrong"}


def test_a_server_that_is_not_there(pytester: pytest.Pytester, suite: Write) -> None:
    suite()
    write_models(pytester, "served: {endpoint: 'http://127.0.0.1:9/v1', retries: 0}\n")
    result = pytester.runpytest("--reasoning-models=served")
    result.assert_outcomes(errors=4)
    text = "endpoint http://127.0.0.1:9/v1: cannot be reached (start the server, or correct the address)"
    assert text in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_a_key_is_in_nothing_that_is_written(
    pytester: pytest.Pytester, suite: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite(extra="threshold: 0.5\n")
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setenv("HF_TOKEN", KEY)

    def answer(_: str, body: dict[str, Any]) -> tuple[int, Any]:
        question = body["messages"][-1]["content"]
        if "1 plus 2" in question:
            return 400, {"error": {"message": f"no quota left for {KEY}"}}
        return chat(f"my key is {KEY}, the answer 4")

    with running(answer) as server:
        write_models(pytester, f"served: {{endpoint: '{server.url}', key_variable: MY_KEY, model: m}}\n")
        result = pytester.runpytest(
            "--reasoning-models=served", "-vv", "-ra", "-o", "log_cli=true", "--log-level=DEBUG",
            "--log-file=log.txt", "--junitxml=junit.xml", "--reasoning-json=report.json",
            "--reasoning-markdown=report.md", "--reasoning-html=report.html", "--reasoning-store=store",
        )  # fmt: skip
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert "no quota left for [key]" in result.stdout.str()
    assert KEY not in result.stdout.str() + result.stderr.str()
    written = [path for path in pytester.path.rglob("*") if path.is_file()]
    assert {"report.json", "report.html", "junit.xml", "log.txt", "report.md"} <= {path.name for path in written}
    assert not [path for path in written if KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (
            "http://user:pa55word@127.0.0.1:8080/v1",
            "model 'endpoint:…@127.0.0.1': an address must not hold a user or password (put the key in an "
            "environment variable, OPENAI_API_KEY or the models file's `key_variable`)",
        ),
        (
            "http://127.0.0.1:8080/v1?key=pa55word",
            "model 'endpoint:http://127.0.0.1:8080/v1': an address must not hold a query, which may be a key "
            "(remove all from the '?' on; a key goes into an environment variable)",
        ),
        (
            "127.0.0.1:8080",
            "model 'endpoint:127.0.0.1:8080': is not an address (write endpoint:http://127.0.0.1:8080/v1)",
        ),
    ],
)
def test_wrong_addresses(pytester: pytest.Pytester, address: str, message: str) -> None:
    result = pytester.runpytest(f"--reasoning-models=endpoint:{address}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [f"ERROR: {message}"]
    assert "pa55word" not in result.stdout.str() + result.stderr.str()


def test_offline_allows_this_machine_alone(pytester: pytest.Pytester, suite: Write) -> None:
    suite()
    result = pytester.runpytest("--reasoning-models=endpoint:https://api.example.com/v1#m", "--reasoning-offline")
    assert [line for line in result.errlines if line] == [
        "ERROR: model 'endpoint:https://api.example.com/v1#m': is a remote server, but "
        "--reasoning-offline is set (drop it)"
    ]
    with running(lambda _, __: chat("3")) as server:
        result = pytester.runpytest(f"--reasoning-models={server.url}#m", "--reasoning-offline")
    result.assert_outcomes(passed=1, failed=2, skipped=1)


def test_thinking_is_told_or_said_not_to_be(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="thinking: {enabled: false, budget: 9}\n")
    with running(lambda path, _: completion(" 3") if path == "/v1/completions" else chat("3")) as server:
        write_models(
            pytester,
            f"chatty: {{endpoint: '{server.url}'}}\n"
            f"plain: {{endpoint: '{server.url}', chat: false}}\n"
            "base: {gguf: nano}\n",
        )
        result = pytester.runpytest("--reasoning-models=chatty,plain,base")
    told = {path: body.get("chat_template_kwargs") for path, body in server.asked}
    assert told == {
        "/v1/chat/completions": {"enable_thinking": False, "thinking": False, "thinking_budget": 9},
        "/v1/completions": None,
    }
    said = [line for line in result.outlines if "`thinking` is not told" in line]
    remedy = "(sums; set `chat: true`, or leave it out)"
    assert said == [
        f"reasoning: {model} reads no chat template, so `thinking` is not told to it {remedy}"
        for model in ("plain", "base")
    ]


def test_stages_go_on_from_what_was_said(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="strategies: [zero-shot-cot]\n", cases="  - {id: one, a: 1, b: 2, target: 3}\n")

    def answer(_: str, body: dict[str, Any]) -> tuple[int, Any]:
        return chat(" One and two." if len(body["messages"]) == 2 and len(server.asked) == 1 else " 3.")

    with running(answer) as server:
        result = pytester.runpytest(f"--reasoning-models={server.url}#m")
    result.assert_outcomes(passed=1, skipped=1)
    begun = [body["messages"][-1] for _, body in server.asked]
    assert begun == [
        {"role": "assistant", "content": "Let's think step by step."},
        {
            "role": "assistant",
            "content": "Let's think step by step. One and two.\nTherefore, the answer is",
        },
    ]
