"""Which files are suites, which items they make, and what a broken one says."""

from __future__ import annotations

import pytest

from kit.fixtures import Record, Write

ANSWERS = {"one": " 3", "two": " 4", "three": " 8"}


def test_items_are_named_by_file_case_model_and_strategy(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite(extra="strategies: [direct, cot]\nfewshot: [{a: 1, b: 1, target: 2, rationale: Count on.}]\n")
    models = f"{recorded('a', ANSWERS)},{recorded('b', ANSWERS)}"
    result = pytester.runpytest(f"--reasoning-models={models}", "--collect-only", "-q")
    expected = [
        f"cases/sums.yaml::{case}[{model}-{strategy}]"
        for model in "ab"
        for strategy in ("direct", "cot")
        for case in ("one", "two", "three", "pass-rate")
    ]
    assert [line for line in result.outlines if "::" in line] == expected


def test_a_node_id_selects_one_item(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    model = f"--reasoning-models={recorded('a', ANSWERS)}"
    pytester.runpytest(model, "cases/sums.yaml::two[a]").assert_outcomes(passed=1)


def test_several_models_run_one_after_the_other(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite("first")
    suite("second")
    models = f"{recorded('a', ANSWERS)},{recorded('b', ANSWERS)}"
    result = pytester.runpytest(f"--reasoning-models={models}", "--collect-only", "-q")
    order = [line.rpartition("[")[2] for line in result.outlines if "::" in line]
    assert order == ["a]"] * 8 + ["b]"] * 8


def test_python_tests_keep_their_places(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    pytester.makepyfile(test_plain="def test_plain(): pass")
    result = pytester.runpytest(f"--reasoning-models={recorded('a', ANSWERS)}")
    result.assert_outcomes(passed=4, skipped=1)


@pytest.mark.parametrize(
    ("name", "collected"),
    [
        ("cases/a.yaml", True),
        ("sub/cases/deep/a.yml", True),
        ("reasoning_a.yaml", True),
        ("sub/reasoning_a.yml", True),
        ("other.yaml", False),
        ("showcases/a.yaml", False),
        ("cases/a.json", False),
    ],
)
def test_default_globs(
    pytester: pytest.Pytester, suite: Write, recorded: Record, name: str, collected: bool
) -> None:
    source = suite("sums")
    target = pytester.path / name
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}")
    assert (result.ret == pytest.ExitCode.OK) is collected


def test_a_yaml_file_named_on_the_command_line_is_a_suite(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite().rename(pytester.path / "anything.yaml")
    model = f"--reasoning-models={recorded('m', ANSWERS)}"
    pytester.runpytest(model, "anything.yaml").assert_outcomes(passed=3, skipped=1)


def test_ini_changes_the_globs(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite().rename(pytester.path / "sums.probe.yaml")
    pytester.makeini(f"[pytest]\nreasoning_files = *.probe.yaml\nreasoning_models = {recorded('m', ANSWERS)}")
    pytester.runpytest().assert_outcomes(passed=3, skipped=1)


def test_a_broken_suite_is_one_line_and_the_others_run(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    suite("good")
    suite("typo", cases="  - {id: carry, a: 1, b: 2, tagret: 3}\n", extra="taget: 3\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}")
    result.assert_outcomes(passed=3, skipped=1, errors=1)
    result.stdout.fnmatch_lines(["cases/typo.yaml:4:*unknown key 'taget' (did you mean 'target'?)"])
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("suite: [", "cases/bad.yaml:*"),
        ("suite: bad\nprompt: hi\ntarget: x\n", "cases/bad.yaml:*no cases*"),
        ("", "cases/bad.yaml:*"),
        ("suite: bad\nprompt: '{{ nope }}'\ntarget: x\ncases: [{id: a}]\n", "cases/bad.yaml:*nope*"),
        ("suite: bad\nprompt: '{{ 1 / 0 }}'\ntarget: x\ncases: [{id: a}]\n", "cases/bad.yaml:*zero*"),
    ],
    ids=["broken-yaml", "no-cases", "empty-file", "undefined-variable", "template-raises"],
)
def test_a_broken_suite_alone_ends_with_status_2(
    pytester: pytest.Pytester, recorded: Record, text: str, message: str
) -> None:
    path = pytester.path / "cases" / "bad.yaml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([message])
    assert "Traceback" not in result.stdout.str()


def test_two_suites_of_one_name_are_refused(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite("sums")
    (pytester.path / "cases" / "z.yaml").write_text((pytester.path / "cases" / "sums.yaml").read_text())
    result = pytester.runpytest(f"--reasoning-models={recorded('m', ANSWERS)}")
    result.stdout.fnmatch_lines(
        ["cases/z.yaml:1: suite 'sums' is also the name of cases/sums.yaml (rename one of them)"]
    )
