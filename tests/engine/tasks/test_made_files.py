"""Quantised files: made once, found again, within their budget, and whole or not there at all."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from kit import made_file_run
from kit.made_file_run import order
from kit.tiny_gguf import COMMON, Builder, Quant, attention, ends, feed_forward
from pytest_reasoning.engine import MadeFiles, Making
from pytest_reasoning.models.embedded import ZOO
from pytest_reasoning.models.gguf.facts import read_facts
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.file_hashes import sha256_of

pytestmark = pytest.mark.slow

SMALL = ZOO / "small.gguf"
RUN = Path(made_file_run.__file__)
LAYERS = 24
Makes = Callable[..., MadeFiles]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 168 matrices, 20 MB in F16: it takes long enough to be interrupted."""

    def tensors(build: Builder) -> None:
        ends(build)
        for block in range(LAYERS):
            attention(build, f"blk.{block}")
            feed_forward(build, f"blk.{block}")

    path = tmp_path_factory.mktemp("large") / "large.gguf"
    build = Builder(arch="llama", quant=Quant.F16, seed=1, ends=False)
    return build.build(path, tensors, COMMON | {"block_count": LAYERS})


def split(path: Path, folder: Path, tensors: int) -> Path:
    """Write the model at `path` in parts of so many tensors; returns the first."""
    folder.mkdir()
    reader = gguf.GGUFReader(path)
    writer = gguf.GGUFWriter(folder / "m.gguf", "llama", split_max_tensors=tensors)
    for field in reader.fields.values():
        if not field.name.startswith(("GGUF.", "general.architecture")):
            kind = field.types[0]
            writer.add_key_value(
                field.name, field.contents(), kind, field.types[-1] if len(field.types) > 1 else None
            )
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, np.array(tensor.data))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return min(folder.glob("*.gguf"))


@pytest.fixture
def makes() -> Iterator[Callable[..., MadeFiles]]:
    """Return a function that opens a folder of made files, as a run of its own would."""
    opened: list[MadeFiles] = []

    def make(folder: Path, **settings: Any) -> MadeFiles:
        opened.append(MadeFiles(folder, hash_of=sha256_of, **{"threads": 1, **settings}))
        return opened[-1]

    yield make
    for files in opened:
        files.close()


def there(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "making.lock")


def failure(files: MadeFiles, source: Path, kind: str, **more: object) -> str:
    with pytest.raises(ModelError) as caught:
        files.path_of(order(source, kind, **more))
    return str(caught.value).replace(str(files.folder), "FOLDER")


def children_of(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text(encoding="ascii", errors="replace")
        except OSError:
            continue
        if f"PPid:\t{parent}\n" in text:
            found.append(int(status.parent.name))
    return found


def test_a_file_is_made_once_and_found_again(tmp_path: Path, makes: Makes) -> None:
    told: list[Making | None] = []
    files = makes(tmp_path / "made", on_progress=told.append)
    path = files.path_of(order(SMALL, "Q4_0"))
    facts = read_facts(path, name="m", reference="m")
    assert (facts.quantization, facts.n_layers, facts.n_params) == (
        "Q4_0",
        2,
        read_facts(SMALL, name="m", reference="m").n_params,
    )
    assert there(files.folder) == [path.name, path.with_suffix(".json").name]
    assert told[0] == Making(model="m@Q4_0")
    assert [making.done for making in told if making and making.total] == list(range(20))
    assert told[-1] is None
    note = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert (note["type"], note["source_sha256"], note["size_bytes"]) == (
        "Q4_0",
        sha256_of(SMALL),
        path.stat().st_size,
    )

    told.clear()
    inode = path.stat().st_ino
    assert makes(tmp_path / "made", on_progress=told.append).path_of(order(SMALL, "Q4_0")) == path
    assert path.stat().st_ino == inode
    assert told == []


def test_its_content_does_not_depend_on_threads(tmp_path: Path, makes: Makes) -> None:
    one = makes(tmp_path / "one").path_of(order(SMALL, "Q4_K_M"))
    two = makes(tmp_path / "two", threads=2).path_of(order(SMALL, "Q4_K_M"))
    assert one.name == two.name
    assert one.read_bytes() == two.read_bytes()


def test_another_content_is_another_file(tmp_path: Path, makes: Makes) -> None:
    files = makes(tmp_path)
    names = {
        files.path_of(order(SMALL, "Q8_0")).name,
        files.path_of(order(SMALL, "Q4_0")).name,
        files.path_of(order(ZOO / "nano.gguf", "Q4_0")).name,
    }
    assert len(names) == 3


def test_of_a_split_input_one_file_is_made(tmp_path: Path, makes: Makes) -> None:
    whole = makes(tmp_path / "whole").path_of(order(SMALL, "Q4_0"))
    first = split(SMALL, tmp_path / "parts", 8)
    assert read_facts(first, name="m", reference="m").n_files == 3
    made = makes(tmp_path / "split").path_of(order(first, "Q4_0"))
    one, other = (read_facts(path, name="m", reference="m") for path in (whole, made))
    assert (other.n_files, other.n_params, other.tensor_types) == (1, one.n_params, one.tensor_types)
    reader, their_reader = gguf.GGUFReader(whole), gguf.GGUFReader(made)
    theirs = {tensor.name: tensor.data.tobytes() for tensor in their_reader.tensors}
    assert {tensor.name: tensor.data.tobytes() for tensor in reader.tensors} == theirs


def test_where_nothing_shall_be_made_only_the_place_is_told(tmp_path: Path, makes: Makes) -> None:
    files = makes(tmp_path / "made", makes=False)
    assert not files.path_of(order(SMALL, "Q8_0")).exists()
    assert not files.folder.exists()


def test_a_damaged_file_is_made_again(tmp_path: Path, makes: Makes) -> None:
    path = makes(tmp_path).path_of(order(SMALL, "Q8_0"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert makes(tmp_path).path_of(order(SMALL, "Q8_0")).read_bytes() == whole
    path.with_suffix(".json").write_text("{", encoding="utf-8")
    assert makes(tmp_path).path_of(order(SMALL, "Q8_0")).read_bytes() == whole


def test_what_a_run_left_unfinished_is_removed(tmp_path: Path, makes: Makes) -> None:
    (tmp_path / "Q8_0-0123.partial").write_bytes(b"half")
    path = makes(tmp_path).path_of(order(SMALL, "Q8_0"))
    assert there(tmp_path) == [path.name, path.with_suffix(".json").name]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("Q4_X", "this build of llama.cpp has no type Q4_X (name another)"),
        ("NVFP4", "invalid output file type 39"),
        ("Q1_0", "no tensor type fallback is defined for type q1_0"),
        (
            "IQ2_XXS",
            "IQ2_XXS needs an importance matrix (name one with --reasoning-imatrix=PATH, or take a type of more "
            "bits)",
        ),
    ],
)
def test_what_llama_cpp_cannot_make(tmp_path: Path, kind: str, message: str, makes: Makes) -> None:
    files = makes(tmp_path)
    assert failure(files, SMALL, kind) == f"model 'm@{kind}': cannot be quantized: {message}"
    assert there(tmp_path) == []


def test_an_input_that_is_quantised_already(tmp_path: Path, makes: Makes) -> None:
    files = makes(tmp_path)
    source = files.path_of(order(SMALL, "Q8_0"))
    assert (
        failure(files, source, "Q4_0")
        == "model 'm@Q4_0': cannot be quantized: requantizing from type q8_0 is disabled"
    )
    assert not list(tmp_path.glob("*.partial"))


def test_an_input_that_is_no_model(tmp_path: Path, makes: Makes) -> None:
    source = tmp_path / "no.gguf"
    source.write_bytes(b"GGUF" + bytes(100))
    files = makes(tmp_path / "made")
    assert failure(files, source, "Q8_0").startswith("model 'm@Q8_0': cannot be quantized: ")
    assert there(files.folder) == []


class TestBudget:
    def test_too_small_for_one_file(self, tmp_path: Path, makes: Makes) -> None:
        files = makes(tmp_path, budget_bytes=100_000)
        assert failure(files, SMALL, "Q8_0") == (
            "model 'm@Q8_0': takes 281 kB, and of the 100 kB for quantized files 0 kB are in use "
            "(raise --reasoning-quantize-budget)"
        )
        assert there(tmp_path) == []

    def test_what_was_not_used_for_longest_goes_first(self, tmp_path: Path, makes: Makes) -> None:
        before = makes(tmp_path)
        old, older = (before.path_of(order(SMALL, kind)) for kind in ("Q8_0", "Q4_0"))
        before.close()
        os.utime(old.with_suffix(".json"), (2e9, 2e9))
        os.utime(older.with_suffix(".json"), (1e9, 1e9))
        new = makes(tmp_path, budget_bytes=550_000).path_of(order(SMALL, "Q5_0"))
        assert there(tmp_path) == sorted(
            [old.name, old.with_suffix(".json").name, new.name, new.with_suffix(".json").name]
        )

    def test_to_use_a_file_is_noted(self, tmp_path: Path, makes: Makes) -> None:
        path = makes(tmp_path).path_of(order(SMALL, "Q8_0"))
        os.utime(path.with_suffix(".json"), (1e9, 1e9))
        makes(tmp_path).path_of(order(SMALL, "Q8_0"))
        assert path.with_suffix(".json").stat().st_mtime > 1e9

    def test_what_this_run_uses_stays(self, tmp_path: Path, makes: Makes) -> None:
        files = makes(tmp_path, budget_bytes=300_000)
        files.path_of(order(SMALL, "Q8_0"))
        assert failure(files, SMALL, "Q4_0") == (
            "model 'm@Q4_0': takes 165 kB, and of the 300 kB for quantized files 275 kB are in use "
            "(raise --reasoning-quantize-budget)"
        )

    def test_what_another_run_uses_stays_until_that_ends(self, tmp_path: Path, makes: Makes) -> None:
        command = [sys.executable, str(RUN), str(SMALL), str(tmp_path), "Q8_0"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "made\n"
            path = Path(other.stdout.readline().strip())
            files = makes(tmp_path, budget_bytes=300_000)
            assert "are in use" in failure(files, SMALL, "Q4_0")
            assert path.exists()
            other.kill()
        files.path_of(order(SMALL, "Q4_0"))
        assert not path.exists()


class TestDisk:
    @pytest.fixture
    def tmpfs(self, tmp_path: Path) -> Iterator[Path]:
        """A disk of 1 MB."""
        folder = tmp_path / "disk"
        folder.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=False, capture_output=True
        )
        if mounted.returncode:
            pytest.skip("a disk can be mounted by root only")
        yield folder
        subprocess.run(["umount", "-l", str(folder)], check=True)

    def test_too_little_room(self, tmpfs: Path, makes: Makes) -> None:
        assert failure(makes(tmpfs), SMALL, "Q8_0") == (
            "model 'm@Q8_0': takes 281 kB, 67.1 MB are kept free, and FOLDER has room for 1.0 MB "
            "(make room, or name another folder with --reasoning-store=DIR)"
        )
        assert there(tmpfs) == []

    def test_full_before_the_file_is_whole(
        self, tmpfs: Path, large: Path, monkeypatch: pytest.MonkeyPatch, makes: Makes
    ) -> None:
        # What another process writes meanwhile cannot be foreseen: here nothing is.
        monkeypatch.setattr("pytest_reasoning.engine.tasks.quantize.made_files.SPARE_BYTES", -(1 << 40))
        assert failure(makes(tmpfs), large, "Q8_0") == (
            "model 'm@Q8_0': the disk of FOLDER is full "
            "(make room, or name another folder with --reasoning-store=DIR)"
        )
        assert there(tmpfs) == []

    def test_a_limit_on_the_size_of_files(self, tmp_path: Path, makes: Makes) -> None:
        files = makes(tmp_path)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        try:
            message = failure(files, SMALL, "Q8_0")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert message == (
            "model 'm@Q8_0': its file cannot be written in FOLDER (check the folder and the limits on file sizes)"
        )
        assert there(tmp_path) == []

    def test_read_only(self, tmpfs: Path, makes: Makes) -> None:
        subprocess.run(["mount", "-o", "remount,size=64m", str(tmpfs)], check=True)
        subprocess.run(["mount", "-o", "remount,size=200m", str(tmpfs)], check=True)
        path = makes(tmpfs).path_of(order(SMALL, "Q8_0"))
        subprocess.run(["mount", "-o", "remount,ro", str(tmpfs)], check=True)
        assert makes(tmpfs).path_of(order(SMALL, "Q8_0")) == path
        assert failure(makes(tmpfs), SMALL, "Q4_0") == (
            "model 'm@Q4_0': FOLDER cannot be used for quantized files: Read-only file system "
            "(name another folder with --reasoning-store=DIR)"
        )
        assert failure(makes(tmpfs / "deeper"), SMALL, "Q4_0").startswith(
            "model 'm@Q4_0': FOLDER cannot be used for quantized files: Read-only file system"
        )

    def test_a_file_where_the_folder_should_be(self, tmp_path: Path, makes: Makes) -> None:
        (tmp_path / "file").touch()
        assert failure(makes(tmp_path / "file"), SMALL, "Q4_0") == (
            "model 'm@Q4_0': FOLDER cannot be used for quantized files: Not a directory "
            "(name another folder with --reasoning-store=DIR)"
        )


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds the child in /proc")
class TestKilled:
    @pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV"])
    def test_the_quantiser_is_killed(self, tmp_path: Path, large: Path, name: str, makes: Makes) -> None:
        seen: list[str] = []

        def kill(making: Making | None) -> None:
            if making is not None and making.done == LAYERS:
                seen.extend(there(tmp_path))
                for child in children_of(os.getpid()):
                    os.kill(child, signal.Signals[name])

        message = failure(makes(tmp_path, on_progress=kill), large, "Q4_K_M")
        assert [Path(file).suffix for file in seen] == [".partial"]
        assert message.startswith(f"model 'm@Q4_K_M': the process that quantizes died ({name})")
        assert message.endswith(" (run again; if memory ran out, use fewer --reasoning-threads)")
        assert there(tmp_path) == []
        assert makes(tmp_path).path_of(order(large, "Q4_K_M")).exists()

    def test_the_quantiser_hangs(
        self, tmp_path: Path, large: Path, makes: Makes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pytest_reasoning.engine.tasks.quantize.parent.PATIENCE_S", 5.0)

        def freeze(making: Making | None) -> None:
            if making is not None and making.done == LAYERS:
                for child in children_of(os.getpid()):
                    os.kill(child, signal.SIGSTOP)

        message = failure(makes(tmp_path, on_progress=freeze), large, "Q4_K_M")
        assert message.startswith("model 'm@Q4_K_M': the process that quantizes said nothing for 5 s")
        assert there(tmp_path) == []
        assert children_of(os.getpid()) == []

    def test_the_run_is_killed(self, tmp_path: Path, large: Path) -> None:
        command = [sys.executable, str(RUN), str(large), str(tmp_path), "Q4_K_M"]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as run:
            while not any(partial.stat().st_size for partial in tmp_path.glob("*.partial")):
                time.sleep(0.01)
            (child,) = children_of(run.pid)
            run.kill()
        while Path(f"/proc/{child}").exists():
            time.sleep(0.05)
        assert there(tmp_path) == []

    def test_interrupted(self, tmp_path: Path, large: Path, makes: Makes) -> None:
        def interrupt(making: Making | None) -> None:
            if making is not None and making.done == LAYERS:
                raise KeyboardInterrupt

        files = makes(tmp_path, on_progress=interrupt)
        with pytest.raises(KeyboardInterrupt):
            files.path_of(order(large, "Q4_K_M"))
        assert there(tmp_path) == []
        assert children_of(os.getpid()) == []


def test_of_two_runs_at_once_one_makes_the_file(tmp_path: Path, large: Path) -> None:
    command = [sys.executable, str(RUN), str(large), str(tmp_path), "Q4_K_M"]
    runs = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [run.communicate("")[0].splitlines() for run in runs]
    assert sorted(len(lines) for lines in said) == [1, 1, 2]
    assert len({lines[-1] for lines in said}) == 1
    assert [Path(name).suffix for name in there(tmp_path)] == [".gguf", ".json"]
