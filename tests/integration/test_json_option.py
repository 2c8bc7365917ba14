"""`--reasoning-json`: the report as a file, also of a run that ended early."""

from __future__ import annotations

import json

import pytest

from kit.fixtures import Record, Write

ANSWERS = {"one": " 3", "two": " 5", "three": " 8"}


def test_the_report_has_the_promised_keys(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite(extra="threshold: 0.5\n")
    pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}", "--reasoning-json=out/report.json")
    report = json.loads((pytester.path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["version"] == 1
    assert {"plugin", "llama_cpp_python", "llama_cpp", "cpu", "backend"} <= set(report["environment"])
    (model,) = report["models"]
    assert {
        "name", "reference", "sha256", "architecture", "n_params", "n_layers", "n_embd", "quantization",
        "size_bytes", "prompt_tokens", "completion_tokens", "elapsed_s",
    } <= set(model)  # fmt: skip
    assert [(o["case"], o["status"], o["answer"]) for o in report["outcomes"]] == [
        ("one", "correct", "3"),
        ("two", "wrong", "5"),
        ("three", "correct", "8"),
    ]
    assert {
        "nodeid", "suite", "case", "model", "strategy", "sample", "status", "target", "answer", "completion",
        "prompt_tokens", "completion_tokens", "elapsed_s", "cached",
    } <= set(report["outcomes"][0])  # fmt: skip
    (gate,) = report["gates"]
    assert (gate["correct"], gate["total"], gate["verdict"]) == (2, 3, "passed")
    assert gate["threshold"] == {"min": 0.5}
    assert gate["nodeid"] == "cases/sums.yaml::pass-rate[m]"


def test_a_run_that_ends_early_keeps_what_it_measured(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite()
    pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}", "-x", "--reasoning-json=report.json")
    report = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))
    assert [outcome["case"] for outcome in report["outcomes"]] == ["one", "two"]


def test_a_folder_that_cannot_be_made_ends_the_run_before_it_begins(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite()
    (pytester.path / "file").write_text("")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}", "--reasoning-json=file/report.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    folder = pytester.path / "file"
    assert [line for line in result.errlines if line] == [
        f"ERROR: --reasoning-json: cannot make the folder {folder}: File exists"
    ]


def test_a_file_that_cannot_be_written_loses_nothing_else(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite()
    pytester.mkdir("folder")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}", "--reasoning-json=folder")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    folder = pytester.path / "folder"
    result.stdout.fnmatch_lines(
        [f"ERROR: --reasoning-json: cannot write {folder}: Is a directory", "sums / direct*", "*2 passed*"]
    )
