"""Which block of a damaged model loses what its reference says: forms of the embedded `small`, run for real."""

from __future__ import annotations

import shutil
from pathlib import Path

import gguf
import pytest

from kit.settings_of import settings_of
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.tasks.divergence.figures import Text
from pytest_reasoning.engine.tasks.restoring.patching import Restorer, TappedModel
from pytest_reasoning.models.embedded import ZOO

PROMPT = "Q: deva = 2, moba = 5, devo = 3, labo = 6. What is moba?\nA:"


def tapped(path: Path) -> TappedModel:
    return TappedModel(LlamaBackend(path, settings_of(threads=2)), cells=256)


def damaged(folder: Path, *names: str) -> Path:
    """Write `small` with the sign of some matrices turned round."""
    path = folder / "damaged.gguf"
    shutil.copy(ZOO / "small.gguf", path)
    path.chmod(0o644)
    reader = gguf.GGUFReader(path, "r+")
    for tensor in reader.tensors:
        if tensor.name in names:
            tensor.data[...] = -tensor.data
    reader.data.flush()
    return path


@pytest.fixture(scope="module")
def reference() -> TappedModel:
    return tapped(ZOO / "small.gguf")


@pytest.fixture(scope="module")
def text(reference: TappedModel) -> Text:
    prompt = reference.backend.tokenize(PROMPT)
    said: list[int] = []
    for _ in range(6):
        said.append(int(reference.look([*prompt, *said]).logits[-1][-1].argmax()))
    return Text(id=0, prompt=PROMPT, prefix_chars=0, tokens=tuple(said))


def test_a_model_loses_nothing_against_itself(reference: TappedModel, text: Text) -> None:
    found = Restorer(reference, reference).along(text)
    assert (found.blocks, found.place, found.block, found.part) == (2, None, None, "")


@pytest.mark.parametrize(
    ("names", "block", "part"),
    [
        (["blk.0.attn_output.weight", "blk.0.ffn_down.weight"], 1, "feed-forward"),
        (["blk.0.attn_output.weight"], 1, "attention"),
        (["blk.1.attn_output.weight"], 2, "attention"),
        (["blk.0.ffn_down.weight", "blk.1.ffn_down.weight"], 2, "feed-forward"),
        (["output_norm.weight"], None, ""),
    ],
)
def test_the_damaged_block_is_found(
    names: list[str], block: int | None, part: str, reference: TappedModel, text: Text, tmp_path: Path
) -> None:
    variant = tapped(damaged(tmp_path, *names))
    found = Restorer(reference, variant).along(text)
    assert found.place is not None
    assert found.expected != found.said
    assert (found.block, found.part) == (block, part)
    variant.backend.close()


def test_the_streams_of_a_long_text_do_not_depend_on_how_many_are_kept(
    reference: TappedModel, text: Text, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = tapped(damaged(tmp_path, "blk.1.attn_output.weight"))
    long = Text(id=0, prompt=text.prompt * 5 + text.prompt, prefix_chars=0, tokens=text.tokens)
    whole = Restorer(reference, variant).along(long)
    monkeypatch.setattr("pytest_reasoning.engine.tasks.restoring.patching.BUFFER_BYTES", 1)
    assert Restorer(reference, variant).along(long) == whole
    assert whole.place is not None
    variant.backend.close()
