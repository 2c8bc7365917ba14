"""Where answers of several classes of machine are merged or compared, every report says so."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from kit.fixtures import Write
from pytest_reasoning.cli import main
from pytest_reasoning.engine import processor

OTHER = "abacus 12345678"
RUN = ("-p", "no:cacheprovider", "--reasoning-models=nano", "--reasoning-store=off")
MIXED = "nano: answered by 2 classes of machine, between which the last bits of answers may differ: "
ACROSS = "1 comparison across classes of machine: cpu differs; the last bits of answers may differ for that alone."


@pytest.fixture
def few(suite: Write) -> None:
    rows = "".join(f"  - {{id: n{number}, a: 1, b: {number}, target: {number + 1}}}\n" for number in range(4))
    suite(extra="threshold: 0.0\ngeneration: {max_tokens: 4}\n", cases=rows)


def elsewhere(path: Path) -> Path:
    """Have a report say that another machine wrote it."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    document["environment"]["cpu"] = OTHER
    for machine in document["models"][0]["engine"]["machines"]:
        machine["cpu"] = OTHER
    for facts in (document["shard"] or {"facts": {}})["facts"].values():
        facts["cpu"] = OTHER
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.usefixtures("few")
def test_merged_shards_of_two_classes_say_so(pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    for index in (1, 2):
        pytester.runpytest(*RUN, f"--reasoning-shard={index}/2", f"--reasoning-json={index}.json")
    main(["report", "1.json", "2.json", "--markdown", "alike.md"])
    assert "classes of machine" not in capsys.readouterr().out + (pytester.path / "alike.md").read_text()
    elsewhere(pytester.path / "2.json")
    files = ("--json", "all.json", "--markdown", "all.md", "--html", "all.html")
    assert main(["report", "1.json", "2.json", *files]) == 0
    said = capsys.readouterr().out
    assert MIXED in said
    assert OTHER in said
    assert processor() in said
    document = json.loads((pytester.path / "all.json").read_text(encoding="utf-8"))
    assert [one["cpu"] for one in document["models"][0]["engine"]["machines"]] == [processor(), OTHER]
    assert document["environment"]["cpu"] == f"{processor()} and {OTHER}"
    assert MIXED in (pytester.path / "all.md").read_text(encoding="utf-8")
    page = (pytester.path / "all.html").read_text(encoding="utf-8")
    assert "several classes of machine answered for nano" in page


@pytest.mark.usefixtures("few")
def test_a_comparison_with_a_baseline_of_another_class_is_labeled(pytester: pytest.Pytester) -> None:
    pytester.runpytest(*RUN, "--reasoning-save-baseline")
    path = pytester.path / ".reasoning" / "baselines" / "default.txt"
    alike = pytester.runpytest(*RUN, "--reasoning-baseline")
    alike.stdout.no_fnmatch_line("*classes of machine*")
    text = path.read_text(encoding="utf-8")
    assert f"\tcpu\t{processor()}\n" in text
    path.write_text(text.replace(f"\tcpu\t{processor()}\n", f"\tcpu\t{OTHER}\n"), encoding="utf-8")
    files = ("--reasoning-json=r.json", "--reasoning-markdown=r.md")
    result = pytester.runpytest(*RUN, "--reasoning-baseline", *files)
    result.stdout.fnmatch_lines([ACROSS])
    (one,) = json.loads((pytester.path / "r.json").read_text(encoding="utf-8"))["comparisons"]
    assert one["across_machines"] == "across classes of machine: cpu differs"
    assert ACROSS in (pytester.path / "r.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("few")
def test_runs_of_several_classes_in_reports_and_histories_are_labeled(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        pytester.runpytest(*RUN, f"--reasoning-json={name}.json", "--reasoning-history=nights.db")
    elsewhere(pytester.path / "a.json")
    capsys.readouterr()
    assert main(["report", "b.json", "--against", "a.json"]) == 0
    assert ACROSS in capsys.readouterr().out
    main(["history", "nights.db"])
    assert "classes of machine" not in capsys.readouterr().out
    connection = sqlite3.connect(pytester.path / "nights.db")
    with connection:
        connection.execute("UPDATE nights SET machine = ? WHERE id = 1", (OTHER,))
    connection.close()
    main(["history", "nights.db"])
    found = re.search(
        r"  Across 2 classes of machine, .*: from \S+ (.*); from \S+ (.*)\.\n", capsys.readouterr().out
    )
    assert found is not None
    assert found[1] == OTHER
    assert processor() in found[2]


@pytest.mark.usefixtures("few")
def test_a_certificate_asks_another_replica(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest(*RUN, "--reasoning-replicas=2", "--reasoning-certify")
    result.stdout.re_match_lines(
        [
            r"Certified nano: all 4 completions are identical "
            r"\(again in reverse order, each by another replica than before, threads .*"
        ]
    )


@pytest.mark.usefixtures("few")
def test_a_run_that_may_mix_says_so_before_it_starts(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest(*RUN, "--reasoning-replicas=2", "--reasoning-mixed-machines", "--collect-only")
    result.stdout.fnmatch_lines(["reasoning: nano *, 2 replicas on any class of machine, each with *"])
