"""`--reasoning-html`: one page with every case, its prompt and completions, whatever way the run went."""

from __future__ import annotations

import pytest

from kit.fixtures import Record, Write
from kit.page_data import shown_cases

ANSWERS = {"one": " 3", "two": " 5", "three": " 8"}


def test_the_page_shows_every_case_with_its_prompt(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="threshold: 0.5\n")
    models = f"{recorded('m', ANSWERS)},{recorded('other', ANSWERS | {'two': ' 4'})}"
    pytester.runpytest(f"--reasoning-models={models}", "--reasoning-html=out/page.html", "-q")
    page = (pytester.path / "out" / "page.html").read_text(encoding="utf-8")
    assert "2 of 2 gates passed; 5 of 6 outcomes correct" in page
    cases = {case["case"]: case for case in shown_cases(page)}
    assert set(cases) == {"one", "two", "three"}
    ((models_of, _prefix, text),) = cases["two"]["prompts"]
    assert models_of == ["m", "other"]
    assert text == "Q: What is 2 plus 2?\nA:"
    assert [(row["status"], row["answer"], row["completion"]) for row in cases["two"]["outcomes"]] == [
        (1, "5", " 5"),
        (0, "4", " 4"),
    ]


def test_under_xdist_the_controller_writes_it(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}", "--reasoning-html=page.html", "-n2")
    cases = shown_cases((pytester.path / "page.html").read_text(encoding="utf-8"))
    assert [case["prompts"][0][2] for case in cases] == [
        "Q: What is 1 plus 2?\nA:",
        "Q: What is 2 plus 2?\nA:",
        "Q: What is 5 plus 3?\nA:",
    ]


def test_nothing_is_written_when_nothing_runs(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    pytester.runpytest(
        f"--reasoning-models={recorded('m', ANSWERS)}", "--reasoning-html=page.html", "--collect-only"
    )
    assert not (pytester.path / "page.html").exists()


def test_a_folder_that_cannot_be_made_ends_the_run_first(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite()
    (pytester.path / "file").write_text("")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}", "--reasoning-html=file/page.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    folder = pytester.path / "file"
    assert f"ERROR: --reasoning-html: cannot make the folder {folder}: File exists" in result.stderr.lines


def test_without_matplotlib_the_message_says_how_to_get_it(
    pytester: pytest.Pytester, suite: Write, recorded: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite()
    hiding = pytester.mkdir("hiding")
    (hiding / "matplotlib.py").write_text("raise ImportError('hidden')\n")
    monkeypatch.setenv("PYTHONPATH", str(hiding))
    result = pytester.runpytest_subprocess(
        f"--reasoning-models={recorded('m', ANSWERS)}", "--reasoning-html=page.html"
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    message = "the HTML report needs matplotlib, which is not installed (pip install 'pytest-reasoning[html]')"
    assert f"ERROR: {message}" in result.stderr.lines
