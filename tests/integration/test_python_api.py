"""What `import pytest_reasoning` offers beside the hooks: asking a model from Python, and reading reports."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_reasoning
from kit.fixtures import Write
from kit.sample_report import sample_document, sample_report
from pytest_reasoning import ReasoningError, Report, ReportError, read_report
from pytest_reasoning.report import report_of, results_text
from pytest_reasoning.report.document import parse_results

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the store of `check` out of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_model_is_asked_from_python(pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    report = pytest_reasoning.check("small", suites="last-letters", cases=1)
    assert isinstance(report, Report)
    assert {outcome.suite for outcome in report.outcomes} == {"last-letters"}
    assert len(report.outcomes) == 3 * 2
    assert report.rates.totals["small"].total == 6
    assert "FAILED" not in capsys.readouterr().out
    assert [path.name for path in pytester.path.iterdir()] == []
    page = pytester.path / "page.html"
    report.write(json=pytester.path / "run.json", html=page, gitlab=pytester.path / "gitlab.json")
    assert "last-letters" in page.read_text(encoding="utf-8")
    assert read_report(pytester.path / "run.json") == report
    findings = json.loads((pytester.path / "gitlab.json").read_text(encoding="utf-8"))
    assert [one["check_name"] for one in findings].count("reasoning-case") == sum(
        outcome.status != "correct" for outcome in report.outcomes
    )


def test_a_path_and_several_names_are_taken(tiny_file: Path) -> None:
    report = pytest_reasoning.check([tiny_file, "nano"], suites=["letter-count"], cases=1)
    assert [model.name for model in report.models] == ["tiny", "nano"]


def test_what_cannot_be_asked_is_an_error_of_one_line(pytester: pytest.Pytester) -> None:
    with pytest.raises(ReasoningError, match=r"none\.gguf"):
        pytest_reasoning.check("./none.gguf", suites="last-letters")
    with pytest.raises(ReasoningError, match="no suite or tag of the library is named 'letter'"):
        pytest_reasoning.check("small", suites="letter")
    with pytest.raises(ValueError, match="61 is not a number of cases"):
        pytest_reasoning.check("small", cases=61)
    assert list(pytester.path.iterdir()) == []


def test_a_report_prints_and_shows_itself(tmp_path: Path) -> None:
    report = report_of(sample_report())
    assert str(report).strip().startswith("|")
    assert "suite / strategy" in str(report)
    assert repr(report).startswith("<Report of ")
    shown = report._repr_html_()
    assert shown.startswith("<table>")
    for model in report.models:
        assert f">{model.name}</th>" in shown
    with pytest.raises(ReportError, match="table"):
        report.write(table=tmp_path / "outcomes.txt")


def test_hostile_names_stay_text() -> None:
    document = sample_document()
    name = '<script>alert("x")</script>'
    for outcome in document["outcomes"]:
        outcome["suite"] = name
    shown = report_of(parse_results(json.dumps(document), "a.json"))._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;alert(&quot;x&quot;)" in shown


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(ReportError, match=r"a\.json"):
        read_report(file)
    file.write_text(results_text(sample_report()), encoding="utf-8")
    assert read_report(str(file)).models == sample_report().models


@pytest.mark.parametrize(("name", "said"), [("first.py", "small: "), ("own.py", "1 passed, 3 xfailed")])
def test_the_programs_of_the_page_run(pytester: pytest.Pytester, suite: Write, name: str, said: str) -> None:
    suite(extra="threshold: 0\n")
    (text,) = re.findall(rf'```python title="{name}"\n(.*?)^```', PAGE, re.DOTALL | re.MULTILINE)
    pytester.path.joinpath(name).write_text(text, encoding="utf-8")
    done = pytester.runpython(pytester.path / name)
    assert done.ret == 0
    assert said in done.stdout.str()


def test_the_page_names_all_that_is_public() -> None:
    named = {line.rpartition(".")[2] for line in re.findall(r"^::: (\S+)", PAGE, re.MULTILINE)}
    assert set(pytest_reasoning.__all__) - {"ReportError"} <= named


def test_the_api_is_typed(tmp_path: Path) -> None:
    file = tmp_path / "use.py"
    file.write_text(
        "import pytest_reasoning as r\n"
        "report: r.Report = r.check('m.gguf', suites='core', cases=2)\n"
        "rate: float | None = report.rates.totals['m'].rate\n"
        "r.check(1)\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    errors = [line for line in done.stdout.splitlines() if " error: " in line]
    assert len(errors) == 1, done.stdout
    assert 'Argument 1 to "check" has incompatible type "int"' in errors[0]
