"""A file is written whole or not at all, and never through a link that somebody left in its folder."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

import pytest

from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.files import home_expanded, write_whole


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_and_its_folder_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.md"
    write_whole(path, "first\n")
    write_whole(path, b"second\n")
    assert path.read_bytes() == b"second\n"
    assert [one.name for one in path.parent.iterdir()] == ["report.md"]


def test_a_private_file_is_the_owners_alone_and_others_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "private", "x", private=True)
        write_whole(tmp_path / "shared", "x")
    finally:
        os.umask(before)
    assert (mode_of(tmp_path / "private"), mode_of(tmp_path / "shared")) == (0o600, 0o640)


def test_a_link_that_waits_in_the_folder_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    monkeypatch.setattr(secrets, "token_hex", lambda _: "guessed")
    (tmp_path / ".guessed.draft").symlink_to(precious)
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "report.md", "x")
    assert precious.read_text() == "kept"


def test_a_link_at_the_target_is_replaced_and_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (tmp_path / "report.md").symlink_to(precious)
    write_whole(tmp_path / "report.md", "x")
    assert (precious.read_text(), (tmp_path / "report.md").is_symlink()) == ("kept", False)


def test_what_cannot_be_put_in_place_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "report.md").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "report.md", "x")
    assert [one.name for one in tmp_path.iterdir()] == ["report.md"]


def test_a_lone_surrogate_becomes_the_replacement_character(tmp_path: Path) -> None:
    write_whole(tmp_path / "f", "a\udcffb")
    assert (tmp_path / "f").read_text(encoding="utf-8") == "a\ufffdb"


def test_a_home_folder_that_nobody_has_is_one_line() -> None:
    with pytest.raises(ReasoningError, match=r"^'~nosuchuser/x': there is no home folder ~nosuchuser \(write "):
        home_expanded("~nosuchuser/x")


def test_a_home_folder_is_put_in_for_its_sign(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert (home_expanded("~/a"), home_expanded("a~b")) == (tmp_path / "a", Path("a~b"))
