"""--reasoning-quantize and the key `quantizations`: variants are made once, named after their model, and run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.fixtures import Record, Write
from pytest_reasoning.models.embedded import ZOO
from pytest_reasoning.models.models_file.load import models_file_from_text
from pytest_reasoning.text.file_hashes import sha256_of

STORE = "--reasoning-store=kept"
KEEP = "threshold: 0\n"
"So that it does not matter what the models answer."


def models_of(result: pytest.RunResult) -> list[str]:
    return list(dict.fromkeys(line.rpartition("[")[2].rstrip("]") for line in result.outlines if "::" in line))


def made(pytester: pytest.Pytester, folder: str = "kept/quantized") -> list[str]:
    return sorted(path.name.partition("-")[0] for path in (pytester.path / folder).glob("*.gguf"))


def write_models(pytester: pytest.Pytester, text: str) -> None:
    (pytester.path / "reasoning-models.yaml").write_text(text, encoding="utf-8")


def report(pytester: pytest.Pytester, name: str = "out.json") -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((pytester.path / name).read_text(encoding="utf-8"))["models"]
    return found


def usage_error(pytester: pytest.Pytester, *options: str) -> str:
    result = pytester.runpytest(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    return "\n".join(line for line in result.errlines if line).replace(str(pytester.path), "HERE")


def files_like(pytester: pytest.Pytester, *kinds: str) -> None:
    """Put files of `nano` there, as somebody else might have made them."""
    result = pytester.runpytest(
        "--reasoning-models=nano", f"--reasoning-quantize={','.join(kinds)}", "--reasoning-store=other"
    )
    assert result.ret in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    for path in (pytester.path / "other/quantized").glob("*.gguf"):
        shutil.copy(path, pytester.path / f"nano-{path.name.partition('-')[0].lower()}.gguf")


def test_the_option_adds_variants_to_a_named_model(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra=KEEP)
    result = pytester.runpytest(
        "-v", "--reasoning-models=nano", "--reasoning-quantize=Q8_0,q4_k_m", STORE, "--reasoning-json=out.json"
    )
    assert result.ret == 0
    models = report(pytester)
    assert [
        (model["name"], model["reference"], model["quantization"], model["variant_of"]) for model in models
    ] == [
        ("nano", "nano", "F16", None),
        ("nano@Q8_0", "nano@Q8_0", "Q8_0", "nano"),
        ("nano@Q4_K_M", "nano@Q4_K_M", "Q4_K_M", "nano"),
    ]
    sizes = [model["size_bytes"] for model in models]
    assert sizes == sorted(sizes, key=lambda size: -int(str(size)))
    assert [round(float(str(model["bits_per_weight"])), 1) for model in models] == [16.0, 8.6, 7.0]
    assert models[1]["fallbacks"] == []
    assert models[1]["tensor_types"] == {
        kind: {"Q8_0": 1} for kind in (
            "token_embd", "attn_k", "attn_output", "attn_q", "attn_v", "ffn_down", "ffn_gate", "ffn_up"
        )
    }  # fmt: skip
    assert {"kind": "ffn_down", "asked": "Q6_K", "type": "Q8_0", "row": 192, "tensors": 1} in models[2]["fallbacks"]  # type: ignore[operator]
    assert made(pytester) == ["Q4_K_M", "Q8_0"]
    result.stdout.fnmatch_lines(
        [
            "reasoning: nano (73k F16), nano@Q8_0 (73k Q8_0), nano@Q4_K_M (73k Q4_K_M); reproducible batching, "
            "? thread* on the CPU",
            "reasoning: nano@Q4_K_M: rows of 64 and 192 numbers do not fit the blocks of Q4_K and Q6_K, so 8 "
            "of 8 matrices fell back (Q4_K → Q5_0: *; Q6_K → Q8_0: *), 7.?? bits per weight",
        ]
    )
    # Progress is for a terminal.
    result.stdout.no_fnmatch_line("*quantizing*")


def test_the_ini_key(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra=KEEP)
    pytester.makeini("[pytest]\nreasoning_models = nano\nreasoning_quantize = Q8_0 Q4_0\nreasoning_store = kept")
    result = pytester.runpytest("--collect-only", "-q")
    assert models_of(result) == ["nano", "nano@Q8_0", "nano@Q4_0"]


def test_what_is_made_is_found_by_the_next_run(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra=KEEP)
    options = ("--reasoning-models=nano@Q8_0", "--reasoning-quantize-budget=1MB", "--reasoning-offline")
    pytester.runpytest(*options)
    folder = pytester.path / ".pytest_cache/d/reasoning/quantized"
    (path,) = folder.glob("*.gguf")
    state = path.stat()
    result = pytester.runpytest(*options)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (state.st_ino, state.st_mtime_ns)
    result.stdout.fnmatch_lines(["nano@Q8_0: 3 completions, all from the store*"])


@pytest.mark.parametrize("option", ["--collect-only", "--reasoning-plan", "--reasoning-show-prompt"])
def test_nothing_is_made_where_nothing_is_run(pytester: pytest.Pytester, suite: Write, option: str) -> None:
    suite(extra=KEEP)
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-quantize=Q8_0", STORE, option)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["reasoning: nano (73k F16), nano@Q8_0 (73k Q8_0); *"])
    assert made(pytester) == []


def test_variants_of_the_models_file(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra=KEEP)
    write_models(
        pytester,
        "tiny: {gguf: zoo:nano, quantizations: [Q8_0, q4_0], n_ctx: 256}\nother: zoo:small\n"
        "few: [tiny@Q4_0, other]\n",
    )

    def named(text: str) -> list[str]:
        return models_of(pytester.runpytest(f"--reasoning-models={text}", "--collect-only", "-q"))

    assert named("tiny") == ["tiny", "tiny@Q8_0", "tiny@Q4_0"]
    assert named("all") == ["tiny", "tiny@Q8_0", "tiny@Q4_0", "other"]
    assert named("tiny@Q8_0") == ["tiny@Q8_0"]
    assert named("few") == ["tiny@Q4_0", "other"]
    # Neither listed nor asked for before: it can be made.
    assert named("tiny@q5_0,other@Q8_0") == ["tiny@Q5_0", "other@Q8_0"]
    assert named("tiny@Q8_0,tiny") == ["tiny@Q8_0", "tiny", "tiny@Q4_0"]


def test_a_variant_runs_as_its_reference_does(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="threshold: {tiny: {max: 0.9}}\n")
    (pytester.path / "chat.jinja").write_text("Q: {{ messages[-1].content }}!", encoding="utf-8")
    write_models(pytester, "tiny: {gguf: zoo:nano, chat_template: chat.jinja, quantizations: [Q8_0]}\n")
    result = pytester.runpytest("--reasoning-models=tiny", STORE, "--reasoning-show-prompt")
    prompts = [line for line in result.outlines if "plus" in line]
    assert len(prompts) == 6
    assert all(line.strip().endswith("!") for line in prompts)
    # Both are judged by what is asked of `tiny`, so no wrong answer fails by itself.
    assert pytester.runpytest("--reasoning-models=tiny", STORE).parseoutcomes() == {"passed": 2, "xfailed": 6}


def test_variants_can_be_selected_by_k(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra=KEEP)
    result = pytester.runpytest(
        "--reasoning-models=nano", "--reasoning-quantize=Q8_0,Q4_0", STORE, "-k", "Q4_0 and one", "-v"
    )
    assert result.parseoutcomes()["deselected"] == 11
    result.stdout.fnmatch_lines(["cases/sums.yaml::one[[]nano@Q4_0[]]*"])


def test_files_that_are_there(pytester: pytest.Pytester, suite: Write) -> None:
    files_like(pytester, "Q8_0", "Q4_0")
    suite(extra=KEEP)
    write_models(pytester, "tiny: {gguf: zoo:nano, quantizations: ['./nano-q*.gguf', Q5_0]}\n")
    result = pytester.runpytest("--reasoning-models=tiny", STORE, "--reasoning-json=out.json")
    assert result.ret == 0
    models = report(pytester)
    assert [(model["name"], model["reference"], model["variant_of"]) for model in models] == [
        ("tiny", "zoo:nano", None),
        ("tiny@Q5_0", "zoo:nano@Q5_0", "tiny"),
        ("tiny@Q4_0", "./nano-q*.gguf", "tiny"),
        ("tiny@Q8_0", "./nano-q*.gguf", "tiny"),
    ]
    assert made(pytester) == ["Q5_0"]


def test_files_of_one_type_are_named_after_their_files(pytester: pytest.Pytester, suite: Write) -> None:
    files_like(pytester, "Q8_0")
    shutil.copy(pytester.path / "nano-q8_0.gguf", pytester.path / "theirs.gguf")
    suite(extra=KEEP)
    write_models(pytester, "tiny: {gguf: zoo:nano, quantizations: [./nano-q8_0.gguf, ./theirs.gguf]}\n")
    result = pytester.runpytest("--reasoning-models=tiny", "--collect-only", "-q")
    assert models_of(result) == ["tiny", "tiny@nano-q8_0", "tiny@theirs"]
    assert models_of(pytester.runpytest("--reasoning-models=tiny@theirs", "--collect-only", "-q")) == [
        "tiny@theirs"
    ]


def test_paths_can_be_quantised(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra=KEEP)
    shutil.copy(ZOO / "nano.gguf", pytester.path / "ft-f16.gguf")
    shutil.copy(ZOO / "nano.gguf", pytester.path / "ft-f16.gguf@Q8_0")
    (pytester.path / "ft-f16.gguf@Q8_0").rename(pytester.path / "ft@Q8_0.gguf")

    def named(text: str) -> list[str]:
        return models_of(pytester.runpytest(f"--reasoning-models={text}", "--collect-only", "-q"))

    assert named("./ft-f16.gguf@Q4_0") == ["ft-f16@Q4_0"]
    # A file whose own name has the sign.
    assert named("./ft@Q8_0.gguf") == ["ft@Q8_0"]
    result = pytester.runpytest("--reasoning-models=*.gguf", "--reasoning-quantize=Q4_1", "--collect-only", "-q")
    assert models_of(result) == ["ft-f16", "ft-f16@Q4_1", "ft@Q8_0", "ft@Q8_0@Q4_1"]


def test_the_option_passes_over_what_it_cannot_quantise(
    pytester: pytest.Pytester, suite: Write, recorded: Record
) -> None:
    files_like(pytester, "Q8_0")
    suite(extra=KEEP)
    other = recorded("m", {"one": " 3"})
    result = pytester.runpytest(
        f"--reasoning-models=nano,./nano-q8_0.gguf,{other}", "--reasoning-quantize=F16,Q4_0", "--collect-only", "-q"
    )
    assert models_of(result) == ["nano", "nano@Q4_0", "nano-q8_0", "m"]


def test_lock_and_locked(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra=KEEP)
    options = ("--reasoning-models=nano", "--reasoning-quantize=Q8_0", STORE)
    assert pytester.runpytest(*options, "--reasoning-lock").ret == 0
    text = (pytester.path / "reasoning-models.lock").read_text(encoding="utf-8")
    file = f"  file {sha256_of(ZOO / 'nano.gguf')} {(ZOO / 'nano.gguf').stat().st_size} nano.gguf\n"
    # What is made is pinned by what it is made of: another processor or compiler may round otherwise.
    assert text.endswith(f"\n\nnano\n{file}\nnano@Q8_0\n{file}")
    assert pytester.runpytest(*options, "--reasoning-locked", "--collect-only").ret == 0
    assert pytester.runpytest(*options, "--reasoning-locked").ret == 0
    assert usage_error(pytester, *options, "--reasoning-locked", "--reasoning-quantize=Q4_0") == (
        "ERROR: model 'nano@Q4_0': is not in reasoning-models.lock "
        "(run once with --reasoning-lock and keep the file)"
    )


def test_a_baseline_of_a_variant(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra=KEEP)
    options = ("--reasoning-models=nano@Q8_0", STORE)
    assert pytester.runpytest(*options, "--reasoning-save-baseline").ret == 0
    result = pytester.runpytest(*options, "--reasoning-baseline", "-v")
    result.stdout.fnmatch_lines(["*::baseline[[]nano@Q8_0[]] PASSED*"])


def test_xdist_makes_each_file_once(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra=KEEP)
    result = pytester.runpytest("--reasoning-models=nano", "--reasoning-quantize=Q8_0,Q4_0", STORE, "-n2")
    assert result.ret == 0
    assert made(pytester) == ["Q4_0", "Q8_0"]
    assert not list((pytester.path / "kept/quantized").glob("*.partial"))


def test_two_runs_at_once(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra=KEEP)
    command = [sys.executable, "-m", "pytest", "--reasoning-models=nano@Q8_0,nano@Q4_0", STORE, "-q"]
    runs = [subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [run.wait() for run in runs] == [0, 0]
    assert made(pytester) == ["Q4_0", "Q8_0"]


@pytest.fixture
def read_only(pytester: pytest.Pytester) -> Iterator[Path]:
    """A project on a disk that cannot be written."""
    folder = pytester.path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("a disk can be mounted by root only")
    (folder / "pytest.ini").touch()
    (folder / "test_it.py").write_text("def test_it(reasoning_model): assert reasoning_model.complete('Q:')\n")
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    yield folder
    os.chdir(pytester.path)
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_cache_that_cannot_be_written(
    pytester: pytest.Pytester, read_only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(read_only)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    run = [sys.executable, "-m", "pytest", "-q"]
    refused = subprocess.run([*run, "--reasoning-models=nano@Q8_0"], check=False, capture_output=True, text=True)
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert refused.stderr.strip() == (
        f"ERROR: model 'nano@Q8_0': {read_only}/.pytest_cache/d/reasoning/quantized cannot be used for quantized "
        "files: Read-only file system (name another folder with --reasoning-store=DIR)"
    )
    kept = [f"--reasoning-store={pytester.path / 'kept'}", "-p", "no:cacheprovider"]
    assert subprocess.run([*run, *kept, "--reasoning-models=nano@Q8_0"], check=False).returncode == 0
    # Without a file to make, the run goes on: the store tells that it is off.
    plain = subprocess.run([*run, "--reasoning-models=nano"], check=False, capture_output=True, text=True)
    assert plain.returncode == 0
    assert "WARNING: response store: " in plain.stdout


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                ("--reasoning-models=nano", "--reasoning-quantize=Q4_KM"),
                "--reasoning-quantize: llama.cpp has no quantization 'Q4_KM' (did you mean 'Q4_K_M'?; "
                "a file needs its path: ./Q4_KM.gguf)",
            ),
            (
                ("--reasoning-models=nano@Q5_KM",),
                "model 'nano@Q5_KM': llama.cpp has no quantization 'Q5_KM' (did you mean 'Q5_K_M'?; "
                "a file needs its path: ./Q5_KM.gguf)",
            ),
            (("--reasoning-models=nano@F16",), "model 'nano': is F16 itself (leave F16 out)"),
            (
                ("--reasoning-models=nano", "--reasoning-quantize=Q8_0", "--reasoning-quantize-budget=much"),
                "--reasoning-quantize-budget: 'much' is not a size (write 8GB or 512MiB)",
            ),
            (
                ("--reasoning-models=nano", "--reasoning-quantize=Q8_0", "--reasoning-quantize-budget=10kB"),
                "model 'nano@Q8_0': takes 88 kB, and of the 10 kB for quantized files 0 kB are in use "
                "(raise --reasoning-quantize-budget)",
            ),
            (
                ("--reasoning-models=nano", "--reasoning-quantize=Q8_0", "--reasoning-imatrix=none.dat"),
                "model 'nano': imatrix none.dat: no such file (in HERE)",
            ),
            (
                ("--reasoning-models=./m.jsonl", "--reasoning-quantize=Q8_0"),
                "--reasoning-quantize: no named model is a GGUF file (name one of F16, BF16 or F32)",
            ),
            (
                ("--reasoning-models=small", "--reasoning-quantize=IQ2_XXS"),
                "model 'small@IQ2_XXS': cannot be quantized: IQ2_XXS needs an importance matrix "
                "(name one with --reasoning-imatrix=PATH, or take a type of more bits)",
            ),
        ],
    )
    def test_of_options(
        self, pytester: pytest.Pytester, recorded: Record, options: tuple[str, ...], message: str
    ) -> None:
        recorded("m", {"one": " 3"})
        assert usage_error(pytester, *options, STORE) == f"ERROR: {message}"
        assert made(pytester) == []

    def test_an_input_that_is_quantised_already(self, pytester: pytest.Pytester) -> None:
        files_like(pytester, "Q8_0")
        message = "model 'nano-q8_0': is Q8_0 already (give the F16, BF16 or F32 file it was made from)"
        for options in (
            ("--reasoning-models=./nano-q8_0.gguf", "--reasoning-quantize=Q4_0"),
            ("--reasoning-models=./nano-q8_0.gguf@Q4_0",),
        ):
            assert usage_error(pytester, *options) == f"ERROR: {message}"
        write_models(pytester, "q8: {gguf: ./nano-q8_0.gguf, quantizations: [Q4_0]}\n")
        assert usage_error(pytester, "--reasoning-models=q8") == (
            "ERROR: reasoning-models.yaml:1: model 'q8': is Q8_0 already "
            "(give the F16, BF16 or F32 file it was made from)"
        )

    def test_of_the_models_file(self, pytester: pytest.Pytester) -> None:
        write_models(
            pytester,
            "a: {gguf: zoo:nano, quantizations: [Q8_0, Q4_KM]}\n"
            "b: {endpoint: 'http://127.0.0.1:1/v1', quantizations: [Q8_0]}\n"
            "c: {gguf: zoo:nano, quantizations: []}\n"
            "d: [a@Q8_0, e@Q8_0]\n",
        )
        assert usage_error(pytester, "--reasoning-models=a").splitlines() == [
            "ERROR: reasoning-models.yaml:1:43: model 'a': llama.cpp has no quantization 'Q4_KM' "
            "(did you mean 'Q4_K_M'?; a file needs its path: ./Q4_KM.gguf)",
            "reasoning-models.yaml:2:4: model 'b': 'quantizations' has no meaning for endpoint (remove it)",
            "reasoning-models.yaml:3:36: model 'c': quantizations: tuple should have at least 1 item after "
            "validation, not 0 (give more)",
            "reasoning-models.yaml:4:13: model 'd': no model 'e@Q8_0' in this file (known: a, b, c)",
        ]

    def test_a_variant_that_is_not_there(self, pytester: pytest.Pytester) -> None:
        write_models(pytester, "a: {gguf: zoo:nano, quantizations: [Q8_0, Q4_0]}\n")
        assert usage_error(pytester, "--reasoning-models=a@Q8") == (
            "ERROR: reasoning-models.yaml:1: model 'a@Q8': no variant of that name (did you mean 'Q8_0'? "
            "there are Q8_0, Q4_0; or name a type that llama.cpp can make)"
        )

    def test_a_file_of_another_model(self, pytester: pytest.Pytester) -> None:
        write_models(pytester, f"a: {{gguf: zoo:nano, quantizations: ['{ZOO / 'small.gguf'}']}}\n")
        assert usage_error(pytester, "--reasoning-models=a") == (
            "ERROR: reasoning-models.yaml:1: model 'a@F16': is no variant of 'a': it has 2 layers, not 1 "
            "(name files of one model)"
        )


def test_the_example_of_the_docs_is_a_models_file(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    section = page.partition("## Quantised variants")[2]
    text = section.partition("```yaml\n")[2].partition("```")[0]
    file = models_file_from_text(text, folder=tmp_path, display="reasoning-models.yaml")
    assert file.expand("ci") == ("mine", "ours@Q8_0")
    assert file.entries["mine"].spec.quantizations == ("Q8_0", "Q5_K_M", "Q4_K_M", "Q3_K_M")
