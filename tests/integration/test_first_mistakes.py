"""What a newcomer meets first: nothing named, nothing there, and a header that is short."""

from __future__ import annotations

import pytest

from kit.fixtures import Record, Write


def test_a_yaml_file_that_another_plugin_takes_is_none_of_ours(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest

        class Taken(pytest.Item):
            def runtest(self):
                pass

        class File(pytest.File):
            def collect(self):
                yield Taken.from_parent(self, name="taken")

        def pytest_collect_file(file_path, parent):
            if file_path.suffix == ".yaml":
                return File.from_parent(parent, path=file_path)
        """
    )
    pytester.makefile(".yaml", other="a: 1\n")
    pytester.runpytest("other.yaml").assert_outcomes(passed=1)


def test_an_empty_folder_says_what_can_be_run(pytester: pytest.Pytester, recorded: Record) -> None:
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {'one': ' 3'})}")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(
        ["reasoning: no suite was found (cases/[*].yaml, *): see *`pytest-reasoning check ./m.jsonl`, *"]
    )


def test_where_k_left_nothing_there_are_suites(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {'one': ' 3'})}", "-k", "nothing")
    result.stdout.no_fnmatch_line("*no suite was found*")


def test_the_header_names_matrices_that_fell_back_only_if_asked(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="generation: {max_tokens: 4}\n")
    options = ("--reasoning-models=small@Q4_K_M", "-k", "one and not cot")
    pytester.runpytest(*options).stdout.no_fnmatch_line("*fell back*")
    pytester.runpytest(*options, "-v").stdout.fnmatch_lines(
        ["reasoning: small@Q4_K_M: rows of 96 numbers do not *"]
    )
