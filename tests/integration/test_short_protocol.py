"""Answered cases that run without pytest's hooks for each phase are reported as with them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pytest_reasoning.session.items import short_protocol

SUITE = """
prompt: "Question {{ n }}"
target: "{{ n }}"
scorer: number
%s
cases:
  - {id: first, n: 1}
  - {id: right, n: 2}
  - {id: wrong, n: 3}
  - {id: unparsed, n: 4}
  - {id: missing, n: 5}
  - {id: tagged, n: 6, tags: [hard]}
  - {id: excused, n: 7, xfail: "known"}
  - {id: skipped, n: 8, skip: "not now"}
  - {id: surprising, n: 9, xfail: "known"}
  - {id: "odd <&\\u200b> name", n: 10}
  - {id: twice, n: 11, repeats: 2}
  - {id: cut, n: 12}
  - {id: right-again, n: 13}
  - {id: last, n: 14}
"""
ANSWERS = {
    "first": "The answer is 1.", "right": "The answer is 2.", "wrong": "The answer is 0.", "unparsed": "I wonder.",
    "tagged": "6", "excused": "The answer is 0.", "skipped": "8", "surprising": "9", "odd <&\u200b> name": "10",
    "cut": "The answer is", "right-again": "13", "last": "14",
}  # fmt: skip
LISTENER = """
import json, os, pathlib

def pytest_runtest_logreport(report):
    row = {name: value for name, value in vars(report).items() if name not in ("start", "stop", "duration")}
    row["nodeid"] = report.nodeid
    row["longrepr"] = str(report.longrepr)
    row["keywords"] = sorted(report.keywords)
    row["short"] = report.when == "setup" and not report.skipped and "PYTEST_CURRENT_TEST" not in os.environ
    with pathlib.Path("reports.jsonl").open("a", encoding="utf-8") as file:
        print(json.dumps(row, default=str), file=file)
"""
KEPT = """
import json, pathlib, pytest

def pytest_terminal_summary(terminalreporter):
    kept = [report for reports in terminalreporter.stats.values() for report in reports]
    reports = [report for report in kept if isinstance(report, pytest.TestReport)]
    keywords = {report.nodeid: report.keywords for report in reports if report.when == "setup"}
    with pathlib.Path("reports.jsonl").open("w", encoding="utf-8") as file:
        for report in reports:
            row = {name: value for name, value in vars(report).items() if name not in ("start", "stop", "duration")}
            row["nodeid"] = report.nodeid
            row["longrepr"] = str(report.longrepr)
            row["keywords"] = list(report.keywords)
            row["short"] = report.when == "teardown" and report.keywords is keywords[report.nodeid]
            print(json.dumps(row, default=str), file=file)
"""
"Writes down the reports that pytest keeps; those whose keywords are one object were made in the shortest way."
READER = "\ndef %s(report): pass\n"
HOOKED = "\ndef pytest_runtest_%s(item): pass\n"


def write(pytester: pytest.Pytester) -> None:
    rows: list[dict[str, object]] = [{"id": name, "completion": text} for name, text in ANSWERS.items()]
    rows += [{"id": "twice", "completion": ["The answer is 11.", "The answer is 12."]}]
    rows += [
        {"id": f"{fresh}generated-00{n}", "completion": "7"} for fresh in ("", "fresh-5-") for n in (1, 2, 3, 4)
    ]
    for row in rows:
        if row["id"] == "cut":
            row["finish_reason"] = "length"
    pytester.path.joinpath("made.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    thresholds = {
        "judged": "threshold: 0.1",
        "free": "",
        "others": "threshold: {other: 0.5}",
        "drawn": "threshold: 0.1\ngenerate: {count: 4, vars: {n: {integer: [20, 99]}}}",
    }
    for name, text in thresholds.items():
        suite = SUITE if name != "drawn" else SUITE[: SUITE.index("cases:")]
        pytester.path.joinpath(f"{name}.yaml").write_text(suite % text, encoding="utf-8")
    pytester.makepyfile(test_between="def test_a(reasoning_model): print('out')\ndef test_b(): assert 0")


def run(
    pytester: pytest.Pytester, conftest: str, *options: str, listener: str = LISTENER
) -> tuple[list[dict[str, object]], str, str]:
    """Return the reports, the terminal's text and the JUnit file of a run, without times."""
    for name in ("reports.jsonl", "junit.xml"):
        pytester.path.joinpath(name).unlink(missing_ok=True)
    pytester.makeconftest(listener + conftest)
    result = pytester.runpytest(
        "judged.yaml", "test_between.py", "free.yaml", "others.yaml", "drawn.yaml", "-rA", "--junitxml=junit.xml",
        "--reasoning-models=completions:made.jsonl", "--reasoning-seed=5", "--reasoning-json=report.json",
        "-p", "no:cacheprovider", "-p", "no:randomly", *options,
    )  # fmt: skip
    text = pytester.path.joinpath("reports.jsonl").read_text(encoding="utf-8")
    junit = ElementTree.parse(Path(pytester.path, "junit.xml"))
    for element in junit.iter():
        for name in ("time", "timestamp", "hostname"):
            element.attrib.pop(name, None)
    terminal = re.sub(r"\d+\.\d+ ?s(?:econds)?\b(?: \([\d:]+\))?|=+|-{3,}", "", str(result.stdout))
    return (
        [json.loads(line) for line in text.splitlines()],
        terminal,
        ElementTree.tostring(junit.getroot(), encoding="unicode"),
    )


def used(reports: list[dict[str, object]]) -> set[str]:
    """Return the node ids that ran the short way, and take that out of the reports."""
    return {str(report["nodeid"]) for report in reports if report.pop("short")}


def test_reports_are_the_same_as_under_pytests_own_protocol(pytester: pytest.Pytester) -> None:
    write(pytester)
    short, terminal, junit = run(pytester, "")
    hooked, hooked_terminal, hooked_junit = run(pytester, HOOKED % "setup")
    ran: dict[str, set[str]] = {}
    for nodeid in used(short):
        file, _, name = nodeid.partition("::")
        ran.setdefault(file, set()).add(name.partition("[")[0])
    # pytest runs the first case itself, what has marks of pytest's, and what follows an error or a skipped case
    assert ran["judged.yaml"] == {
        "right", "wrong", "unparsed", "missing", "odd <&\u200b> name", "twice", "cut", "right-again", "last",
    }  # fmt: skip
    assert {"right", "wrong"} <= ran["free.yaml"] & ran["others.yaml"]
    assert {"generated-002", "fresh-5-generated-001"} <= ran["drawn.yaml"]
    assert not used(hooked)
    assert short == hooked
    assert junit == hooked_junit
    assert terminal.splitlines() == hooked_terminal.splitlines()


@pytest.mark.parametrize(
    "reader", ["pytest_runtest_logreport", "pytest_report_teststatus", "pytest_exception_interact"]
)
def test_reports_that_nobody_else_reads_are_the_same(pytester: pytest.Pytester, reader: str) -> None:
    write(pytester)
    alone, terminal, junit = run(pytester, "", listener=KEPT)
    measured = json.loads(pytester.path.joinpath("report.json").read_text(encoding="utf-8"))
    read, read_terminal, read_junit = run(pytester, READER % reader, listener=KEPT)
    assert {"judged.yaml::right[made]", "free.yaml::missing[made]"} <= used(alone)
    assert not used(read)
    assert alone == read
    assert junit == read_junit
    assert terminal.splitlines() == read_terminal.splitlines()
    again = json.loads(pytester.path.joinpath("report.json").read_text(encoding="utf-8"))
    for report in (measured, again):
        del report["started"], report["elapsed_s"]
    assert measured == again


COUNTS = """
import json, pathlib
from _pytest.terminal import TerminalReporter

kept = {}

def note(self, category, items, add=TerminalReporter._add_stats):
    kept[category] = kept.get(category, 0) + len(items)
    pathlib.Path("kept.json").write_text(json.dumps(kept))
    return add(self, category, items)

TerminalReporter._add_stats = note
"""
"Counts what the terminal reporter is given, without being a listener."


@pytest.mark.parametrize("options", [(), ("-v",), ("-x",), ("-rA", "--durations=2")])
def test_what_nobody_can_see_is_not_handed_round(pytester: pytest.Pytester, options: tuple[str, ...]) -> None:
    write(pytester)
    texts, statuses, kept = [], [], []
    for conftest in (COUNTS, COUNTS + READER % "pytest_runtest_logreport"):
        pytester.makeconftest(conftest)
        result = pytester.runpytest_subprocess(
            "judged.yaml", "test_between.py", "free.yaml", "--reasoning-models=completions:made.jsonl",
            "-p", "no:cacheprovider", "-p", "no:randomly", *options,
        )  # fmt: skip
        shown = str(result.stdout)
        texts.append(
            re.sub(r"\d+\.\d+ ?s(?:econds)?\b(?: \([\d:]+\))?|=+|-{3,}", "", shown).partition("slowest")[0]
        )
        statuses.append(result.ret)
        kept.append(json.loads(pytester.path.joinpath("kept.json").read_text(encoding="utf-8")))
    assert texts[0].splitlines() == texts[1].splitlines()
    assert statuses[0] == statuses[1]
    phases = [one.pop("", 0) for one in kept]
    assert kept[0] == kept[1]
    assert (phases[0] == phases[1]) is ("--durations=2" in options)


PHASES = """
import atexit, json, pathlib, pytest

counts = {"reports": 0, "hooks": 0}

def noted(item, call, make=pytest.TestReport.from_item_and_call):
    counts["reports"] += 1
    return make(item, call)

def proxy(self, path, of=pytest.Session.gethookproxy):
    counts["hooks"] += path.suffix == ".yaml"
    return of(self, path)

atexit.register(lambda: pathlib.Path("counts.json").write_text(json.dumps(counts)))
pytest.TestReport.from_item_and_call = noted
pytest.Session.gethookproxy = proxy
"""
"Counts the reports that are made from items, and the searches for the hooks of a suite's file."


def test_a_case_costs_one_report_and_no_search_for_its_hooks(pytester: pytest.Pytester) -> None:
    counted = []
    for cases in (10, 30):
        rows = [{"id": f"c{n}", "completion": "7"} for n in range(cases)]
        pytester.path.joinpath("made.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        listed = "".join(f"  - {{id: c{n}, n: {n}}}\n" for n in range(cases))
        suite = f"prompt: 'Say {{{{ n }}}}'\ntarget: '7'\nscorer: number\ncases:\n{listed}"
        pytester.path.joinpath("many.yaml").write_text(suite, encoding="utf-8")
        pytester.path.joinpath("watched.py").write_text(PHASES, encoding="utf-8")
        result = pytester.runpytest_subprocess(
            "many.yaml", "-p", "watched", "-p", "no:cacheprovider", "-p", "no:randomly",
            "--reasoning-models=completions:made.jsonl",
        )  # fmt: skip
        result.assert_outcomes(passed=cases, skipped=1)
        counted.append(json.loads(pytester.path.joinpath("counts.json").read_text(encoding="utf-8")))
    assert counted[1]["reports"] - counted[0]["reports"] == 20
    assert counted[1]["hooks"] - counted[0]["hooks"] == 20  # pytest's own, when it has collected an item


@pytest.mark.parametrize(("between", "spared"), [(False, 4), (True, 0)])
def test_outcomes_are_set_aside_from_the_garbage_collector_as_they_come(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, between: bool, spared: int
) -> None:
    write(pytester)
    calls: list[bool] = []
    monkeypatch.setattr(short_protocol, "SPARED_TOGETHER", 2)
    monkeypatch.setattr(short_protocol, "spare", lambda: calls.append(True))
    pytester.makepyfile(test_first="def test_first(): pass")
    files = (["test_first.py"] if between else []) + ["judged.yaml"]
    pytester.runpytest(*files, "--reasoning-models=completions:made.jsonl", "-p", "no:randomly")
    assert len(calls) == spared


def test_a_broken_file_stops_the_run_as_it_always_does(pytester: pytest.Pytester) -> None:
    write(pytester)
    pytester.makepyfile(test_broken="import nothing_of_that_name")
    result = pytester.runpytest("judged.yaml", "test_broken.py", "--reasoning-models=completions:made.jsonl")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*1 error during collection*"])


@pytest.mark.parametrize("option", ["-x", "--runxfail", "-pno:skipping"])
def test_options_mean_what_they_always_mean(pytester: pytest.Pytester, option: str) -> None:
    write(pytester)
    short, terminal, junit = run(pytester, "", option)
    hooked, hooked_terminal, hooked_junit = run(pytester, HOOKED % "teardown", option)
    assert bool(used(short)) is (option == "-x")
    assert not used(hooked)
    assert (short, junit) == (hooked, hooked_junit)
    assert terminal.splitlines() == hooked_terminal.splitlines()


def test_a_hook_of_the_user_sees_every_case(pytester: pytest.Pytester) -> None:
    write(pytester)
    seen = """
import pathlib
def pytest_runtest_call(item):
    with pathlib.Path("seen").open("a") as file:
        print(item.name, file=file)
"""
    reports, _, _ = run(pytester, seen)
    assert not used(reports)
    names = pytester.path.joinpath("seen").read_text(encoding="utf-8").splitlines()
    assert sum(name.startswith("right[") for name in names) == 3


def test_a_plugin_that_is_registered_while_tests_run_is_heard(pytester: pytest.Pytester) -> None:
    write(pytester)
    late = """
import pytest

class Late:
    def pytest_runtest_call(self, item): print("late", item.name)

def pytest_runtest_logfinish(nodeid):
    if nodeid.startswith("judged.yaml::wrong") and not plugins.hasplugin("late"):
        plugins.register(Late(), "late")

def pytest_configure(config):
    global plugins
    plugins = config.pluginmanager
"""
    reports, _, _ = run(pytester, late)
    assert {name.partition("[")[0] for name in used(reports)} == {"judged.yaml::right", "judged.yaml::wrong"}


def test_output_of_a_scorer_in_python_is_captured(pytester: pytest.Pytester) -> None:
    rows = [{"id": f"c{n}", "completion": "x"} for n in range(4)]
    pytester.path.joinpath("made.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    cases = "".join(f"  - {{id: c{n}}}\n" for n in range(4))
    pytester.path.joinpath("loud.yaml").write_text(
        f"prompt: p\ntarget: t\nscorer: loud\ncases:\n{cases}", encoding="utf-8"
    )
    pytester.makeconftest(
        LISTENER
        + """
def loud(text, targets):
    print("scoring")
    return True

def pytest_reasoning_scorers():
    return {"loud": loud}
"""
    )
    pytester.runpytest("loud.yaml", "--reasoning-models=completions:made.jsonl").assert_outcomes(
        passed=4, skipped=1
    )
    reports = [json.loads(line) for line in pytester.path.joinpath("reports.jsonl").read_text().splitlines()]
    loud = [report for report in reports if report["when"] == "setup" and "::c" in report["nodeid"]]
    assert [report["sections"] for report in loud] == [[["Captured stdout setup", "scoring\n"]]] * 4
