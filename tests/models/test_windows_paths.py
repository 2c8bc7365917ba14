"""Paths of Windows, by `PureWindowsPath` and as users write them there, on any system."""

from __future__ import annotations

import sys
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import Any, cast

import pytest

import pytest_reasoning.library.find  # noqa: F401 - the package has a function of the same name
from pytest_reasoning.models.gguf.facts import model_name, part_of
from pytest_reasoning.models.paths import safe_name
from pytest_reasoning.models.reference import (
    Files,
    Hub,
    NameReference,
    RecordedReference,
    Reference,
    parse_reference,
)
from pytest_reasoning.session.settings import RunSettings


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        (r"C:\models\ft-q4_k_m.gguf", Files(pattern=r"C:\models\ft-q4_k_m.gguf")),
        ("C:/models/ft-q4_k_m.gguf", Files(pattern="C:/models/ft-q4_k_m.gguf")),
        (r"c:ft.GGUF", Files(pattern="c:ft.GGUF")),
        (r".\out\*.gguf", Files(pattern=r".\out\*.gguf")),
        (r"\\server\share\ft.gguf", Files(pattern=r"\\server\share\ft.gguf")),
        (r"D:\runs\2026-11-01.jsonl", RecordedReference(path=r"D:\runs\2026-11-01.jsonl")),
        (r"completions:D:\runs\a.jsonl", RecordedReference(path=r"D:\runs\a.jsonl")),
        # A drive is one letter; these are no drives.
        ("hf:a/b:Q8_0", Hub(repo="a/b", choice="Q8_0")),
        ("small", NameReference(name="small")),
    ],
)
def test_a_drive_is_not_taken_for_a_kind_of_reference(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference


def test_a_model_is_named_by_its_file_alone() -> None:
    path = PureWindowsPath(r"C:\models\big model-00001-of-00003.gguf")
    assert model_name(path) == "big model"
    assert part_of(path) == (1, 3)
    assert safe_name(model_name(path)) == "big_model"


@pytest.mark.parametrize(
    ("path", "is_suite"),
    [
        (r"C:\work\cases\sums.yaml", True),
        (r"C:\work\deep\cases\sums.yml", True),
        (r"C:\work\reasoning_sums.yaml", True),
        (r"C:\work\sums.yaml", False),
        (r"C:\work\cases\deep\sums.txt", False),
    ],
)
def test_a_suite_is_known_by_globs_with_slashes(path: str, is_suite: bool) -> None:
    globs = ("cases/*.yaml", "cases/*.yml", "reasoning_*.yaml", "reasoning_*.yml")
    settings = cast(Any, SimpleNamespace(suite_globs=globs))
    assert RunSettings.is_suite(settings, cast(Path, PureWindowsPath(path))) is is_suite


def test_a_suite_of_the_library_has_a_node_id_with_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = PureWindowsPath(r"C:\Python\Lib\site-packages\pytest_reasoning\library\suites")
    find: Any = sys.modules["pytest_reasoning.library.find"]
    monkeypatch.setattr(find, "FOLDER", folder)
    assert find.node_id(folder / "en" / "last-letters.yaml") == "library/en/last-letters.yaml"
    assert find.file_of("library/en/last-letters.yaml") == folder / "en" / "last-letters.yaml"
