"""Options and files that no system takes, or that are nested without end: one line of error, never a traceback."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kit.fixtures import Record, Write
from kit.openai_server import chat, running
from pytest_reasoning.cli import main

LONG = "x" * 5000
DEEP = 100_000


def one_line(output: str, begin: str = "ERROR: ") -> str:
    """Return the one line of error that a run ended with."""
    (line,) = [line for line in output.splitlines() if line.startswith(begin)]
    assert "Traceback" not in output
    assert "INTERNALERROR" not in output
    return line


@pytest.mark.parametrize(
    "option",
    [
        f"--reasoning-json={LONG}/y",
        f"--reasoning-html={LONG}/y",
        f"--reasoning-markdown={LONG}/y",
        f"--reasoning-table={LONG}/y.csv",
        f"--reasoning-models-file={LONG}",
        f"--reasoning-models=./{LONG}.gguf",
        f"--reasoning-models={LONG}/*.gguf",
        f"--reasoning-models=completions:{LONG}/y",
        f"--reasoning-models={LONG}",
        f"--reasoning-models=package:{LONG}",
        f"--reasoning-models=hf:{LONG}/{LONG}",
        f"--reasoning-baseline={LONG}",
        f"--reasoning-save-baseline={LONG}",
        f"--reasoning-imatrix={LONG}",
    ],
    ids=lambda option: option.partition("=")[0].removeprefix("--reasoning-") + option.partition("=")[2][:2],
)
def test_a_path_of_5000_characters(pytester: pytest.Pytester, suite: Write, recorded: Record, option: str) -> None:
    suite()
    more = ["--reasoning-models=nano", "--reasoning-quantize=Q4_0"] if "imatrix" in option else []
    given = [] if option.startswith("--reasoning-models=") else [f"--reasoning-models={recorded('good', {})}"]
    result = pytester.runpytest(*(more or given), "--reasoning-offline", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    one_line(result.stdout.str() + result.stderr.str())


OF_PATHS = ("json", "html", "markdown", "table", "models-file", "models", "imatrix", "store")


@pytest.mark.parametrize("option", OF_PATHS)
def test_the_home_of_nobody(pytester: pytest.Pytester, suite: Write, recorded: Record, option: str) -> None:
    suite()
    models = {"models": "", "imatrix": "nano@Q4_0"}.get(option, recorded("good", {}))
    given = [f"--reasoning-models={models}"] if models else []
    result = pytester.runpytest(*given, f"--reasoning-{option}=~nosuchuser/x.csv")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = one_line(result.stderr.str())
    assert "there is no home folder ~nosuchuser (write the path in full)" in said


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
class TestNamesThatAreNotUtf8:
    """What is no UTF-8 reaches Python as half pairs, which no report and no other process can be told."""

    @pytest.mark.parametrize("reference", ["./\udcff.gguf", "completions:\udcff", "\udcff", "hf:a/\udcff"])
    def test_a_reference(self, pytester: pytest.Pytester, suite: Write, reference: str) -> None:
        suite()
        result = pytester.runpytest(f"--reasoning-models={reference}")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert "is not UTF-8 (rename the file, or correct the name)" in one_line(result.stderr.str())

    def test_a_model_that_a_glob_finds(self, pytester: pytest.Pytester, suite: Write) -> None:
        suite()
        (pytester.path / "\udcff.gguf").write_bytes(b"")
        result = pytester.runpytest("--reasoning-models=./*.gguf")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert "\\udcff.gguf' is not UTF-8 (rename it)" in one_line(result.stderr.str())

    @pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["alone", "xdist"])
    def test_a_suite(self, pytester: pytest.Pytester, suite: Write, recorded: Record, workers: list[str]) -> None:
        path = suite()
        path.rename(path.with_name("\udcff.yaml"))
        suite("good")
        result = pytester.runpytest(
            f"--reasoning-models={recorded('good', {'one': '3'})}",
            "--reasoning-json=r.json",
            "--junitxml=j.xml",
            *workers,
        )
        assert "cases/\\udcff.yaml: the path of the file is not UTF-8 (rename it)" in result.stdout.str()
        assert "INTERNALERROR" not in result.stdout.str()
        ElementTree.parse(pytester.path / "j.xml")
        assert len(json.loads((pytester.path / "r.json").read_text(encoding="utf-8"))["outcomes"]) == 3


def test_a_store_that_cannot_be_there_is_a_warning(pytester: pytest.Pytester, suite: Write) -> None:
    suite()
    result = pytester.runpytest("--reasoning-models=nano", f"--reasoning-store={LONG}")
    assert "File name too long" in one_line(result.stdout.str(), "WARNING: ")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    "key", [f"dataset: {{file: {LONG}.jsonl}}", f"include: {LONG}.yaml", f"dataset: {{file: hf:{LONG}/y/z.jsonl}}"]
)
def test_a_suite_that_names_such_a_path(pytester: pytest.Pytester, recorded: Record, key: str) -> None:
    (pytester.path / "s.yaml").write_text(f"prompt: 'Q: {{{{ q }}}}'\ntarget: 1\n{key}\n", encoding="utf-8")
    result = pytester.runpytest(f"--reasoning-models={recorded('good', {})}", "--reasoning-offline", "s.yaml")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert one_line(result.stdout.str(), "s.yaml:")


@pytest.mark.parametrize("key", ["lora", "chat_template"])
def test_a_models_file_that_names_such_a_path(pytester: pytest.Pytester, suite: Write, key: str) -> None:
    suite()
    (pytester.path / "reasoning-models.yaml").write_text(f"m: {{gguf: nano, {key}: ./{LONG}.x}}\n")
    result = pytester.runpytest("--reasoning-models=m")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    one_line(result.stderr.str())


@pytest.mark.parametrize("arguments", [["models", f"./{LONG}.gguf"], ["report", f"{LONG}/y"], ["new", f"{LONG}/y"]])
def test_commands(
    arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert one_line(capsys.readouterr().err, "pytest-reasoning: ")


@pytest.mark.parametrize(
    "text",
    ["[" * DEEP, '{"id": "one", "completion": ' + "[" * DEEP + "]" * DEEP + "}", '{"outcomes": [' + '{"a":' * DEEP],
    ids=["open", "closed", "report"],
)
def test_recordings_nested_without_end(pytester: pytest.Pytester, suite: Write, text: str) -> None:
    suite()
    (pytester.path / "deep.jsonl").write_text(text, encoding="utf-8")
    result = pytester.runpytest("--reasoning-models=./deep.jsonl", "--reasoning-json=report.json")
    assert "deep.jsonl:1: not JSON (each line is one recorded completion)" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    assert json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["outcomes"]


@pytest.mark.parametrize("text", ["[" * DEEP, "[" * DEEP + "]" * DEEP, '{"outcomes": ' * DEEP])
def test_a_report_nested_without_end(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "deep.json").write_text(text, encoding="utf-8")
    assert main(["report", str(tmp_path / "deep.json")]) == 2
    assert "(give a file written by --reasoning-json)" in one_line(capsys.readouterr().err, "pytest-reasoning: ")


def test_a_data_set_nested_without_end(pytester: pytest.Pytester, recorded: Record) -> None:
    (pytester.path / "deep.jsonl").write_text("[" * DEEP + "\n", encoding="utf-8")
    (pytester.path / "s.yaml").write_text("prompt: 'Q: {{ q }}'\ntarget: 1\ndataset: {file: deep.jsonl}\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('good', {})}", "s.yaml")
    assert "deep.jsonl:1" in one_line(result.stdout.str(), "s.yaml:")


@pytest.mark.parametrize(
    "usage",
    [{"prompt_tokens": float("inf")}, {"completion_tokens": 10**400}, {"completion_tokens": -1}, "x", [1]],
    ids=["infinite", "large", "negative", "text", "list"],
)
def test_counts_of_a_server_that_are_none(pytester: pytest.Pytester, suite: Write, usage: object) -> None:
    suite()
    status, answer = chat("3")
    with running(lambda _, __: (status, {**answer, "usage": usage})) as server:
        result = pytester.runpytest(f"--reasoning-models={server.url}", "--reasoning-json=report.json")
    assert "answers /chat/completions in a form of its own" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
