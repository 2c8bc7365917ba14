"""How many parameters a file has: an output matrix that is the embedding is counted once, however it is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import quantize

from pytest_reasoning.models.gguf.facts import read_facts
from pytest_reasoning.records import Gguf
from pytest_reasoning.text.sizes import model_size_text, named_params, rated_params

WIDTH, VOCABULARY, BLOCK = 64, 200, 1000
ONCE, TWICE = WIDTH * VOCABULARY + BLOCK, 2 * WIDTH * VOCABULARY + BLOCK
RNG = np.random.default_rng(0)
EMBEDDING, OTHER = (RNG.normal(size=(VOCABULARY, WIDTH)).astype(np.float32) for _ in range(2))
Kind = GGMLQuantizationType


def facts(folder: Path, output: np.ndarray | None, kinds: tuple[Kind, Kind], label: str = "") -> Gguf:
    path = folder / "m.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(1)
    if label:
        writer.add_size_label(label)
    for name, matrix, kind in (("token_embd", EMBEDDING, kinds[0]), ("output", output, kinds[1])):
        if matrix is not None:
            writer.add_tensor(f"{name}.weight", quantize(matrix, kind), raw_dtype=kind)
    writer.add_tensor("blk.0.attn_q.weight", np.zeros(BLOCK, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return read_facts(path, name="m", reference="m")


@pytest.mark.parametrize(
    "kinds",
    [
        (Kind.F16, Kind.F16),
        (Kind.Q8_0, Kind.Q4_0),
        (Kind.Q5_0, Kind.Q8_0),
        (Kind.BF16, Kind.F32),
        (Kind.Q4_0, Kind.F16),
    ],
)
def test_a_copy_of_the_embedding_is_counted_once_in_whatever_type(tmp_path: Path, kinds: tuple[Kind, Kind]) -> None:
    assert facts(tmp_path, EMBEDDING, kinds).n_params == ONCE


@pytest.mark.parametrize("kinds", [(Kind.F16, Kind.F16), (Kind.Q8_0, Kind.Q4_0)])
def test_an_output_matrix_of_its_own_is_counted(tmp_path: Path, kinds: tuple[Kind, Kind]) -> None:
    """The label is nearer to the count without it, as the makers of several models name them."""
    assert facts(tmp_path, OTHER, kinds, label="14K").n_params == TWICE


def test_without_an_output_matrix_there_is_nothing_to_compare(tmp_path: Path) -> None:
    assert facts(tmp_path, None, (Kind.Q8_0, Kind.Q8_0)).n_params == ONCE


@pytest.mark.parametrize(("label", "expected"), [("14K", ONCE), ("27K", TWICE), ("", TWICE)])
def test_types_that_cannot_be_read_leave_it_to_the_label(tmp_path: Path, label: str, expected: int) -> None:
    path = tmp_path / "m.gguf"
    facts(tmp_path, EMBEDDING, (Kind.F16, Kind.F16), label)
    data, number = path.read_bytes(), (1).to_bytes(4, "little")
    for name in (b"token_embd.weight", b"output.weight"):
        # after the name: dimensions, two lengths, the type; 200 is a type that nobody knows
        at = data.index(name) + len(name) + 4 + 16
        assert data[at : at + 4] == number
        data = data[:at] + (200).to_bytes(4, "little") + data[at + 4 :]
    path.write_bytes(data)
    assert read_facts(path, name="m", reference="m").n_params == expected


@pytest.mark.parametrize(
    ("label", "shown"), [("14K", "14K"), ("13.8K", "13.8K"), ("7B", ""), ("a lot", ""), ("\x1b[1m14K", "")]
)
def test_a_label_counts_where_it_fits(tmp_path: Path, label: str, shown: str) -> None:
    found = facts(tmp_path, None, (Kind.F16, Kind.F16), label)
    assert found.size_label == shown
    assert model_size_text(found.n_params, found.size_label) == (shown or "14k")


@pytest.mark.parametrize(
    ("label", "number"),
    [("0.5B", 500_000_000), ("135M", 135_000_000), ("30B-A3B", 30_000_000_000), ("8x7B", 0), ("B", 0), ("1.5", 0)],
)
def test_what_a_label_names(label: str, number: int) -> None:
    assert named_params(label) == number
    assert rated_params(123, label) == (number or 123)
