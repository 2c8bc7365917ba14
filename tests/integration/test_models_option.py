"""`--reasoning-models`: what can be named, and what every wrong name says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kit.fixtures import Write

EMBEDDED = Path(__file__).parents[2] / "src" / "pytest_reasoning" / "models" / "zoo"


def refused(pytester: pytest.Pytester, reference: str) -> str:
    result = pytester.runpytest(f"--reasoning-models={reference}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = [line for line in result.errlines if line]
    assert len(lines) == 1, lines
    return lines[0].replace(str(pytester.path), "HERE")


def test_without_models_nothing_runs_and_the_header_says_so(pytester: pytest.Pytester, suite: Write) -> None:
    suite()
    pytester.makepyfile(test_plain="def test_plain(): pass")
    result = pytester.runpytest()
    result.assert_outcomes(passed=1)
    assert [line for line in result.outlines if "reasoning" in line and not line.startswith("plugins")] == [
        "reasoning: no models named, so no suites run (--reasoning-models=small,large or a GGUF file)"
    ]


def test_a_suite_named_without_models_says_what_to_add(pytester: pytest.Pytester, suite: Write) -> None:
    suite()
    result = pytester.runpytest("cases/sums.yaml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stdout.str() + result.stderr.str()
    assert "ERROR: sums.yaml: no model is named to run it (add --reasoning-models=small, a GGUF file, or" in text
    assert "Traceback" not in text
    assert "Traceback" not in text


def test_the_header_names_models_with_size_and_quantization(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--reasoning-models=small")
    result.stdout.fnmatch_lines(["reasoning: small (*k F16); reproducible batching, ? thread* on the CPU"])


def test_unknown_name(pytester: pytest.Pytester) -> None:
    message = refused(pytester, "smal")
    expected = "ERROR: model 'smal': no embedded model of that name (did you mean 'small'? there are "
    assert message.startswith(expected)
    assert message.endswith("; a file needs its path: ./smal.gguf)")


def test_missing_file_suggests_a_sibling(pytester: pytest.Pytester) -> None:
    (pytester.path / "ft-q4.gguf").write_bytes(b"")
    assert refused(pytester, "./ft-q8.gguf") == (
        "ERROR: model './ft-q8.gguf': no such file, did you mean 'ft-q4.gguf'? (searched from HERE)"
    )


def test_random_bytes(pytester: pytest.Pytester) -> None:
    (pytester.path / "noise.gguf").write_bytes(b"\x00\x01" + random.Random(1).randbytes(5000))
    message = refused(pytester, "./noise.gguf")
    assert message.startswith("ERROR: model './noise.gguf': is not a GGUF file: it begins with b'\\x00\\x01")
    assert message.endswith("(convert it with llama.cpp's convert_hf_to_gguf.py, or download it again)")


@pytest.mark.parametrize("keep", [20, 500, 5000])
def test_a_file_cut_short(pytester: pytest.Pytester, keep: int) -> None:
    (pytester.path / "cut.gguf").write_bytes((EMBEDDED / "small.gguf").read_bytes()[:keep])
    assert "its GGUF header is damaged or the file is cut short" in refused(pytester, "./cut.gguf")


def test_a_folder(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("models")
    assert refused(pytester, "./models") == (
        "ERROR: model './models': is a folder without a GGUF file (name a .gguf file)"
    )
    (folder / "a.gguf").write_bytes(b"")
    assert refused(pytester, "./models") == (
        "ERROR: model './models': is a folder (name a file in it, or './models/*.gguf')"
    )


def test_a_glob_names_several(pytester: pytest.Pytester, suite: Write) -> None:
    for name in ("b", "a"):
        (pytester.path / f"{name}.gguf").write_bytes((EMBEDDED / "nano.gguf").read_bytes())
    suite()
    result = pytester.runpytest("--reasoning-models=*.gguf", "--collect-only", "-q")
    models = {line.rpartition("[")[2] for line in result.outlines if "::" in line}
    assert models == {"a]", "b]"}


def test_a_glob_without_a_match(pytester: pytest.Pytester) -> None:
    assert refused(pytester, "out/*.gguf") == ("ERROR: model 'out/*.gguf': no file matches (searched from HERE)")


def test_two_files_of_one_name(pytester: pytest.Pytester) -> None:
    for folder in ("x", "y"):
        pytester.mkdir(folder)
        (pytester.path / folder / "m.gguf").write_bytes((EMBEDDED / "nano.gguf").read_bytes())
    assert refused(pytester, "x/m.gguf,y/m.gguf") == (
        "ERROR: model 'y/m.gguf': two files would be named 'm': HERE/x/m.gguf and HERE/y/m.gguf "
        "(rename one of them)"
    )


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--reasoning-threads=two", "--reasoning-threads: 'two' is not a number"),
        ("--reasoning-memory=lots", "--reasoning-memory: 'lots' is not a size (write 8GB or 512MiB)"),
        ("--reasoning-timeout=-1", "a timeout of -1 s cannot be used (take a number above 0)"),
        (
            "--reasoning-threads=-1",
            "n_ctx, threads and memory_bytes cannot be negative (take 0 to have them chosen)",
        ),
    ],
)
def test_wrong_values(pytester: pytest.Pytester, option: str, message: str) -> None:
    result = pytester.runpytest("--reasoning-models=nano", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [f"ERROR: {message}"]
