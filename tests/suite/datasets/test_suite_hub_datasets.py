"""Data set files of the hub, with the real client and a hub of our own on 127.0.0.1."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from kit.hub_server import COMMIT, NEXT_COMMIT, HubServer, client_of
from kit.suite_texts import load, problems

FILE = "data/rows.jsonl"
ROWS = "".join(json.dumps({"full name": name, "n": n}) + "\n" for n, name in enumerate(("Ada", "Larry"), 1))
TEXT = "prompt: 'Q: {{ name }}'\ntarget: '{{ twice }}'\n"
FIELDS = "fields: {name: full name, twice: n * 2}"


def suite(file: str = f"hf:tester/rows/{FILE}") -> str:
    return f"{TEXT}dataset: {{file: '{file}', {FIELDS}}}\n"


@pytest.fixture(autouse=True)
def server(tmp_path: Path) -> Iterator[HubServer]:
    """A hub with one data set; the client's cache is empty."""
    with client_of(HubServer(files={FILE: ROWS.encode()}, repo="datasets/tester/rows"), tmp_path) as running:
        yield running


def downloads(server: HubServer) -> int:
    return sum(method == "GET" and "/resolve/" in path for method, path, _ in server.requests)


def test_a_file_is_fetched_once_and_its_columns_are_mapped(server: HubServer, tmp_path: Path) -> None:
    for _ in range(2):
        cases = load(suite(), tmp_path).cases
        assert [(case.id, case.prompt, case.target) for case in cases] == [
            ("row-1", "Q: Ada", ("2",)),
            ("row-2", "Q: Larry", ("4",)),
        ]
    assert downloads(server) == 1


def test_a_revision_can_be_named(server: HubServer, tmp_path: Path) -> None:
    load(suite(f"hf:tester/rows@{COMMIT}/{FILE}"), tmp_path)
    assert [path for method, path, _ in server.requests if method == "GET"] == [
        f"/datasets/tester/rows/resolve/{COMMIT}/{FILE}"
    ]


def test_offline_takes_what_is_in_the_cache(server: HubServer, tmp_path: Path) -> None:
    load(suite(), tmp_path)
    asked = len(server.requests)
    assert len(load(suite(), tmp_path, offline=True).cases) == 2
    assert len(server.requests) == asked


@pytest.mark.parametrize("by", ["option", "variable"])
def test_offline_and_not_in_the_cache(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", by == "variable")
    assert problems(suite(), tmp_path, offline=by == "option") == [
        f"t.yaml:3:10: dataset: hf:tester/rows/{FILE}: is not in the cache, and the network is off (run once with "
        "the network to download it)"
    ]
    assert server.requests == []


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("hf:tester/rows/no.jsonl", "there is no file 'no.jsonl' in tester/rows (check the path)"),
        (
            "hf:tester/none/rows.jsonl",
            "there is no data set tester/none, or it is private (check the name; private ones need HF_TOKEN)",
        ),
        (
            f"hf:tester/rows@v9/{FILE}",
            "tester/rows has no revision 'v9' (name a branch, a tag or a commit of it)",
        ),
    ],
)
def test_what_is_not_there(tmp_path: Path, file: str, why: str) -> None:
    assert problems(suite(file), tmp_path) == [f"t.yaml:3:10: dataset: {file}: {why}"]


def test_gated(server: HubServer, tmp_path: Path) -> None:
    server.gated = True
    assert problems(suite(), tmp_path) == [
        f"t.yaml:3:10: dataset: hf:tester/rows/{FILE}: tester/rows is gated (accept its terms on the hub and set "
        "HF_TOKEN)"
    ]


def test_a_hub_that_is_away_leaves_what_was_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(suite(), tmp_path)
    nowhere = "http://127.0.0.1:9"
    monkeypatch.setattr(time, "sleep", lambda _: None)  # the client waits 23 s in all between its tries
    monkeypatch.setattr(constants, "ENDPOINT", nowhere)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", nowhere + "/{repo_id}/resolve/{revision}/{filename}"
    )
    assert len(load(suite(), tmp_path).cases) == 2
    other = suite(f"hf:tester/rows@{NEXT_COMMIT}/{FILE}")
    assert problems(other, tmp_path) == [
        f"t.yaml:3:10: dataset: hf:tester/rows@{NEXT_COMMIT}/{FILE}: is not in the cache, and the hub cannot be "
        "reached (check the network)"
    ]
