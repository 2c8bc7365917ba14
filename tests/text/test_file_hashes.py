"""Each file is hashed once per change of it."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from pytest_reasoning.text import file_hashes
from pytest_reasoning.text.file_hashes import FileHashes


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every file that is read whole."""
    seen: list[Path] = []
    real = file_hashes.sha256_of

    def counted(path: Path) -> str:
        seen.append(path)
        return real(path)

    monkeypatch.setattr(file_hashes, "sha256_of", counted)
    monkeypatch.setattr(file_hashes, "SETTLED_NS", 0)
    return seen


def test_a_file_is_read_once_until_it_changes(tmp_path: Path, reads: list[Path]) -> None:
    model, notes = tmp_path / "a.gguf", tmp_path / "deep" / "hashes.json"
    model.write_bytes(b"one")
    assert FileHashes(notes).sha256(model) == hashlib.sha256(b"one").hexdigest()
    assert FileHashes(notes).sha256(model) == hashlib.sha256(b"one").hexdigest()
    assert len(reads) == 1
    old = model.stat()
    model.write_bytes(b"two")
    os.utime(model, ns=(old.st_atime_ns, old.st_mtime_ns))
    # Same path, size, inode and modification time: the status change still shows.
    assert FileHashes(notes).sha256(model) == hashlib.sha256(b"two").hexdigest()
    assert len(reads) == 2
    assert notes.read_text().count("a.gguf") == 1


def test_a_file_just_written_is_not_noted(
    tmp_path: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_hashes, "SETTLED_NS", 10**12)
    model = tmp_path / "a.gguf"
    model.write_bytes(b"one")
    for _ in range(2):
        FileHashes(tmp_path / "hashes.json").sha256(model)
    assert len(reads) == 2
    assert time.time_ns() - model.stat().st_mtime_ns < 10**12


@pytest.mark.parametrize("damage", ["", "{", "[1]", '{"a": 1}', "\x00"])
def test_damaged_notes_are_ignored(tmp_path: Path, reads: list[Path], damage: str) -> None:
    model, notes = tmp_path / "a.gguf", tmp_path / "hashes.json"
    model.write_bytes(b"one")
    notes.write_text(damage)
    assert FileHashes(notes).sha256(model) == hashlib.sha256(b"one").hexdigest()
    assert FileHashes(notes).sha256(model) == hashlib.sha256(b"one").hexdigest()
    assert len(reads) == 1


@pytest.mark.usefixtures("reads")
def test_nowhere_to_write_is_no_error(tmp_path: Path) -> None:
    model = tmp_path / "a.gguf"
    model.write_bytes(b"one")
    (tmp_path / "file").write_text("")
    hashes = FileHashes(tmp_path / "file" / "hashes.json")
    assert hashes.sha256(model) == FileHashes(None).sha256(model)
