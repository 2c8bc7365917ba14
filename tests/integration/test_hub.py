"""A model named by its place on the hub, end to end, with the client's own environment variables."""

from __future__ import annotations

import pytest

from kit.fixtures import Write
from kit.hub_server import HubServer, running_hub
from pytest_reasoning.models.embedded import ZOO

TOKEN = "hf_Secret0123456789"
MODEL = "--reasoning-models=hf:tester/tiny-GGUF:Q8_0"


def test_download_run_lock_and_run_offline(
    pytester: pytest.Pytester, suite: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite(extra="threshold: 0\ngeneration: {max_tokens: 4}\n")
    monkeypatch.setenv("HF_HOME", str(pytester.path / "hf"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    server = HubServer(files={"tiny-Q8_0.gguf": (ZOO / "nano.gguf").read_bytes()}, needed_token=TOKEN)
    with running_hub(server):
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        result = pytester.runpytest_subprocess(MODEL, "--reasoning-lock", "--reasoning-json=report.json")
        assert result.ret == pytest.ExitCode.OK, result.stdout.str()
        result.stdout.fnmatch_lines(["reasoning: tiny-Q8_0 (*k F16); reproducible batching, ? thread* on the CPU"])
        asked = len(server.requests)
        again = pytester.runpytest_subprocess(MODEL, "--reasoning-locked", "--reasoning-offline", "-n2")
        assert again.ret == pytest.ExitCode.OK, again.stdout.str()
        assert len(server.requests) == asked
    texts = [path for path in pytester.path.rglob("*") if path.is_file() and path.suffix != ".gguf"]
    assert not [path for path in texts if TOKEN.encode() in path.read_bytes()]
    assert TOKEN not in result.stdout.str() + result.stderr.str() + again.stdout.str()


def test_not_in_the_cache_and_offline(
    pytester: pytest.Pytester, suite: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite()
    monkeypatch.setenv("HF_HOME", str(pytester.path / "hf"))
    result = pytester.runpytest_subprocess(MODEL, "--reasoning-offline")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [
        "ERROR: model 'hf:tester/tiny-GGUF:Q8_0': is not in the cache, and the network is off "
        "(run once without --reasoning-offline to download it)"
    ]


def test_data_sets_of_the_hub_are_not_fetched_offline(pytester: pytest.Pytester) -> None:
    pytester.mkdir("cases").joinpath("rows.yaml").write_text(
        "prompt: '{{ q }}'\ntarget: '{{ a }}'\ndataset: {file: 'hf:tester/nowhere/rows.jsonl'}\n"
    )
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-offline")
    assert (
        "cases/rows.yaml:3:10: dataset: hf:tester/nowhere/rows.jsonl: is not in the cache, and the network is off "
        "(run once with the network to download it)" in result.outlines
    )
