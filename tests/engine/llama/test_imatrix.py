"""Importance matrices: both formats of llama-imatrix, what is none, and what they do to a file."""

from __future__ import annotations

import struct
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt
import pytest

from kit.made_file_run import order
from pytest_reasoning.engine import MadeFiles
from pytest_reasoning.engine.llama.imatrix import read_imatrix
from pytest_reasoning.models.embedded import ZOO
from pytest_reasoning.models.gguf.facts import open_gguf
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.file_hashes import sha256_of

pytestmark = pytest.mark.slow

SMALL = ZOO / "small.gguf"
Array = npt.NDArray[np.float32]


def importances() -> dict[str, Array]:
    """For each matrix of `small` a number a column."""
    random = np.random.default_rng(0)
    model = open_gguf(SMALL, reference="small")
    return {
        tensor.name: random.gamma(0.2, 1.0, tensor.shape[0]).astype(np.float32) + np.float32(1e-3)
        for tensor in model.tensors
        if len(tensor.shape) == 2
    }


def write_dat(path: Path, entries: dict[str, Array], calls: int = 4) -> Path:
    data = struct.pack("<i", len(entries))
    for name, numbers in entries.items():
        data += struct.pack("<i", len(name)) + name.encode() + struct.pack("<ii", calls, len(numbers))
        data += (numbers * calls).astype("<f4").tobytes()
    path.write_bytes(data + struct.pack("<ii", 10, 3) + b"txt")
    return path


def write_gguf(path: Path, sums: dict[str, Array], counts: dict[str, Array]) -> Path:
    writer = gguf.GGUFWriter(path, "imatrix")
    writer.add_type("imatrix")
    writer.add_array("imatrix.datasets", ["text"])
    writer.add_uint32("imatrix.chunk_count", 1)
    writer.add_uint32("imatrix.chunk_size", 512)
    for name, numbers in sums.items():
        writer.add_tensor(f"{name}.in_sum2", numbers)
    for name, numbers in counts.items():
        writer.add_tensor(f"{name}.counts", numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def fault(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_imatrix(path)
    return str(caught.value)


def made(folder: Path, kind: str, imatrix: Path | None) -> bytes:
    files = MadeFiles(folder, hash_of=sha256_of, threads=1)
    more: dict[str, object] = {}
    if imatrix is not None:
        wanted = {name: len(numbers) for name, numbers in importances().items()}
        more = {"imatrix": str(imatrix), "imatrix_sha256": sha256_of(imatrix), "numbers_per_tensor": wanted}
    try:
        return files.path_of(order(SMALL, kind, **more)).read_bytes()
    finally:
        files.close()


def test_both_formats_say_the_same(tmp_path: Path) -> None:
    wanted = importances()
    for path in (
        write_dat(tmp_path / "m.dat", wanted),
        write_gguf(
            tmp_path / "m.gguf",
            {name: numbers * 8 for name, numbers in wanted.items()},
            {name: np.array([8], np.float32) for name in wanted},
        ),
    ):
        found = read_imatrix(path)
        assert set(found) == set(wanted)
        for name, numbers in found.items():
            assert numbers.dtype == np.float32
            np.testing.assert_allclose(numbers, wanted[name], rtol=1e-6)


def test_experts_have_counts_of_their_own(tmp_path: Path) -> None:
    sums = np.array([[2, 4], [9, 9], [3, 6]], np.float32)
    path = write_gguf(tmp_path / "m.gguf", {"exps": sums}, {"exps": np.array([[2], [0], [3]], np.float32)})
    # Nothing ever reached the second expert: its columns weigh the same.
    assert read_imatrix(path)["exps"].tolist() == [1, 2, 1, 1, 1, 2]


NONE = "the file is no importance matrix: {} (give a file that llama.cpp's llama-imatrix wrote)"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it ends after 0 bytes, inside an entry"),
        (b"text, not numbers", "it claims 1,954,047,348 entries"),
        (struct.pack("<i", -1), "it claims -1 entries"),
        (struct.pack("<ii", 1, 1 << 30), "a name claims 1,073,741,824 bytes"),
        (struct.pack("<ii", 1, 1) + b"a", "it ends after 9 bytes, inside an entry"),
        (struct.pack("<ii", 1, 1) + b"a" + struct.pack("<ii", 1, 0), "a has no numbers"),
        (
            struct.pack("<ii", 1, 1) + b"a" + struct.pack("<ii", 1, 1 << 30),
            "it ends after 17 bytes, inside an entry",
        ),
        (
            struct.pack("<ii", 1, 1) + b"a" + struct.pack("<iif", 1, 1, float("nan")),
            "a has numbers that are not finite",
        ),
    ],
)
def test_files_that_are_none(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "m.dat"
    path.write_bytes(data)
    assert fault(path) == NONE.format(why)


def test_gguf_files_that_are_none(tmp_path: Path) -> None:
    assert fault(SMALL) == NONE.format("it has no sums with counts")
    two = np.ones(2, np.float32)
    assert fault(write_gguf(tmp_path / "a.gguf", {"a": two}, {"b": two})) == NONE.format(
        "it has no sums with counts"
    )
    assert fault(write_gguf(tmp_path / "b.gguf", {"a": np.ones(3, np.float32)}, {"a": two})) == NONE.format(
        "a has 3 sums for 2 counts"
    )
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(SMALL.read_bytes()[:1000])
    assert fault(cut).startswith("the file is no importance matrix: ")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert fault(tmp_path / "none.dat") == (
        "the importance matrix cannot be read: No such file or directory (check its path)"
    )


def test_it_changes_what_is_made_and_the_format_does_not(tmp_path: Path) -> None:
    wanted = importances()
    ones = {name: np.array([1], np.float32) for name in wanted}
    plain = made(tmp_path / "1", "Q4_K_M", None)
    with_dat = made(tmp_path / "2", "Q4_K_M", write_dat(tmp_path / "m.dat", wanted))
    with_gguf = made(tmp_path / "3", "Q4_K_M", write_gguf(tmp_path / "m.gguf", wanted, ones))
    assert plain != with_dat
    assert len(plain) == len(with_dat)
    assert with_dat == with_gguf


def test_types_that_need_one(tmp_path: Path) -> None:
    assert made(tmp_path / "made", "IQ2_XXS", write_dat(tmp_path / "m.dat", importances()))


def test_one_for_another_model(tmp_path: Path) -> None:
    other = write_dat(tmp_path / "other.dat", {"blk.9.attn_q.weight": np.ones(96, np.float32)})
    with pytest.raises(ModelError) as caught:
        made(tmp_path / "made", "Q4_0", other)
    assert str(caught.value) == (
        "model 'm@Q4_0': cannot be quantized: the importance matrix is for another model: "
        "none of its tensors is here (make it anew)"
    )
    wider = write_dat(tmp_path / "wider.dat", importances() | {"blk.0.attn_q.weight": np.ones(128, np.float32)})
    with pytest.raises(ModelError) as caught:
        made(tmp_path / "made", "Q4_0", wider)
    assert str(caught.value) == (
        "model 'm@Q4_0': cannot be quantized: the importance matrix is for another model: "
        "it has 128 numbers for blk.0.attn_q.weight, where 96 are needed (make it anew)"
    )
