"""The response store's file: what is kept, what is not, and what happens when it is damaged."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from pytest_reasoning.engine.store import database as store_file
from pytest_reasoning.engine.store import store as store_module
from pytest_reasoning.engine.store.store import FILE, Store
from pytest_reasoning.records import ChoiceScore, Completion, FinishReason


def completion(text: str = "4", finish: FinishReason = "stop", tokens: int = 2) -> Completion:
    return Completion(
        text=text,
        tokens=tuple(range(tokens)),
        logprobs=(-0.25,) * tokens,
        finish=finish,
        prompt_tokens=7,
        choices=(ChoiceScore(logprob=-1.5, tokens=1, chars=2),),
    )


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, warnings: list[str]) -> Store:
    return Store(tmp_path, warn=warnings.append)


def test_a_completion_comes_back_as_it_was_and_marked_as_cached(store: Store, tmp_path: Path) -> None:
    kept = completion(text="é\x00😀\ufffd\n")
    store.put(key(1), kept)
    store.close()
    found = Store(tmp_path, warn=pytest.fail).get([key(1), key(2)])
    assert list(found) == [key(1)]
    assert found[key(1)].cached
    assert [getattr(found[key(1)], name) for name in ("text", "tokens", "logprobs", "choices", "finish")] == [
        getattr(kept, name) for name in ("text", "tokens", "logprobs", "choices", "finish")
    ]


@pytest.mark.parametrize("finish", ["error", "deadline"])
def test_what_failed_is_never_kept(store: Store, finish: FinishReason) -> None:
    store.put(key(1), completion(finish=finish))
    assert store.get([key(1)]) == {}
    store.close()


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path, warnings: list[str]) -> None:
    path = tmp_path / FILE
    path.write_bytes(b"not a database at all" * 100)
    store = Store(tmp_path, warn=warnings.append)
    assert store.get([key(1)]) == {}
    store.put(key(1), completion())
    assert list(store.get([key(1)])) == [key(1)]
    store.close()
    assert warnings == [
        f"response store: {path} is damaged (file is not a database); "
        "set aside as responses-1-damaged.sqlite, a new one begun"
    ]
    assert (tmp_path / "responses-1-damaged.sqlite").read_bytes().startswith(b"not a database")


def test_any_damage_inside_the_file_is_survived(tmp_path: Path) -> None:
    """Each page in turn is overwritten: no crash, and never another answer than what was stored."""
    store = Store(tmp_path / "whole", warn=pytest.fail)
    for number in range(60):
        store.put(key(number), completion(text=f"answer {number} " * 20, tokens=30))
    store.close()
    whole = (tmp_path / "whole" / FILE).read_bytes()
    pages = len(whole) // 4096
    assert pages > 5
    for page in range(pages):
        folder = tmp_path / str(page)
        folder.mkdir()
        start = page * 4096 + 100
        (folder / FILE).write_bytes(whole[:start] + b"\xa5" * 3000 + whole[start + 3000 :])
        told: list[str] = []
        damaged = Store(folder, warn=told.append)
        for place, found in damaged.get([key(n) for n in range(60)]).items():
            assert found.text == f"answer {int.from_bytes(place, 'big')} " * 20
        damaged.put(key(99), completion())
        damaged.close()
        assert len(told) <= 1


def test_a_damaged_row_is_missing_and_made_again(store: Store, tmp_path: Path, warnings: list[str]) -> None:
    store.put(key(1), completion())
    store.close()
    database = sqlite3.connect(tmp_path / FILE)
    database.execute("UPDATE completions SET body = ?", (b"x",))
    database.commit()
    database.close()
    assert store.get([key(1)]) == {}
    store.put(key(1), completion())
    assert list(store.get([key(1)])) == [key(1)]
    store.close()
    assert warnings == []


def test_a_folder_that_cannot_be_used_switches_the_store_off(tmp_path: Path, warnings: list[str]) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file", warn=warnings.append)
    store.put(key(1), completion())
    assert store.get([key(1)]) == {}
    store.close()
    path = tmp_path / "file" / FILE
    assert warnings == [
        f"response store: {path} cannot be used (File exists); every completion is made anew "
        "(name another folder with --reasoning-store=DIR)"
    ]


def test_a_locked_file_is_waited_for_then_done_without(
    tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_file, "LOCK_S", 0.1)
    Store(tmp_path, warn=pytest.fail).put(key(1), completion())
    holder = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    store = Store(tmp_path, warn=warnings.append)
    store.put(key(2), completion())
    holder.execute("ROLLBACK")
    holder.close()
    assert warnings == [
        f"response store: {tmp_path / FILE} cannot be used (database is locked); every completion is made anew "
        "(name another folder with --reasoning-store=DIR)"
    ]


def test_the_file_stays_below_its_size_and_loses_the_oldest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = 100
    monkeypatch.setattr(store_module, "_today", lambda: day)
    limit = 300_000
    store = Store(tmp_path, warn=pytest.fail, max_bytes=limit)
    for number in range(400):
        day = 100 + number // 40
        store.put(key(number), completion(text=os.urandom(800).hex()))
    day = 110
    assert store.get([key(3)])
    store.close()
    assert (tmp_path / FILE).stat().st_size <= limit
    left = Store(tmp_path, warn=pytest.fail).get([key(n) for n in range(400)])
    numbers = sorted(int.from_bytes(k, "big") for k in left)
    assert numbers[-1] == 399
    assert 3 in numbers, "what was used last counts as new"
    assert 4 not in numbers
    assert len(numbers) > 50


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = Store(tmp_path / "kept", warn=pytest.fail)
        store.put(key(1), completion())
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "kept", *(tmp_path / "kept").iterdir())}
    assert modes.pop("kept") == 0o700
    assert set(modes) > {FILE}, "what SQLite writes beside it too"
    assert set(modes.values()) == {0o600}
    store.close()


def test_what_the_engine_said_of_itself_is_kept(store: Store) -> None:
    assert store.facts("model") is None
    store.put_facts("model", {"backend": "cpu"})
    assert store.facts("model") == {"backend": "cpu"}
    store.close()
