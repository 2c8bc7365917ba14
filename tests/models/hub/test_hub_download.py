"""Models from the hub, with the real client and a hub of our own on 127.0.0.1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from kit.found import resolve
from kit.hub_server import COMMIT, NEXT_COMMIT, HubServer, client_of
from pytest_reasoning.commands.models import model_list
from pytest_reasoning.models import Pinning, cached_references
from pytest_reasoning.models.embedded import ZOO
from pytest_reasoning.models.hub import download as hub
from pytest_reasoning.models.hub.choice import choose
from pytest_reasoning.models.reference import Hub
from pytest_reasoning.text.errors import ModelError

NANO = ZOO / "nano.gguf"
NAME = "tiny-Q8_0.gguf"
REFERENCE = "hf:tester/tiny-GGUF:Q8_0"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HubServer]:
    """A hub with one small model; the client's cache is empty."""
    content = NANO.read_bytes()
    with client_of(
        HubServer(files={NAME: content, "tiny-F16.gguf": b"x", "README.md": b"# Tiny"}), tmp_path
    ) as running:
        yield running


def refused(tmp_path: Path, reference: str = REFERENCE, *, offline: bool = False) -> str:
    with pytest.raises(ModelError) as caught:
        resolve([reference], tmp_path, offline=offline)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"model '{reference}': ")
    return message.removeprefix(f"model '{reference}': ")


def downloads(server: HubServer) -> list[str]:
    return [range_ for method, path, range_ in server.requests if method == "GET" and "/resolve/" in path]


def test_a_model_is_downloaded_once_and_its_facts_are_read(server: HubServer, tmp_path: Path) -> None:
    (facts,) = resolve([REFERENCE], tmp_path)
    assert (facts.name, facts.reference, facts.architecture) == ("tiny-Q8_0", REFERENCE, "llama")
    assert Path(facts.path).read_bytes() == NANO.read_bytes()
    assert len(downloads(server)) == 1
    assert resolve([REFERENCE], tmp_path) == (facts,)
    assert len(downloads(server)) == 1


@pytest.mark.slow
def test_a_cut_connection_is_taken_up_where_it_broke(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    server.cut_after = 50_000
    (facts,) = resolve([REFERENCE], tmp_path)
    assert facts.sha256 == server.sha256(NAME)
    assert downloads(server) == ["", "bytes=50000-"]


def test_a_reset_connection_is_tried_again(server: HubServer, tmp_path: Path) -> None:
    server.cut_after, server.reset = 50_000, True
    (facts,) = resolve([REFERENCE], tmp_path)
    assert facts.sha256 == server.sha256(NAME)
    assert len(downloads(server)) == 2


def test_a_wrong_hash_is_refused_and_nothing_is_left(server: HubServer, tmp_path: Path) -> None:
    server.wrong_hash = True
    found, listed = HubServer(files=server.files).sha256(NAME)[:12], server.sha256(NAME)[:12]
    assert refused(tmp_path) == (
        f"{NAME} arrived with SHA-256 {found}… where the hub lists {listed}…; removed (run again to download it)"
    )
    assert not [path for path in (tmp_path / "hub").rglob("*") if path.is_file() and path.stat().st_size > 1000]


def test_offline_uses_the_cache_alone(server: HubServer, tmp_path: Path) -> None:
    assert refused(tmp_path, offline=True) == (
        "is not in the cache, and the network is off (run once without --reasoning-offline to download it)"
    )
    assert server.requests == []
    (facts,) = resolve([REFERENCE], tmp_path)
    server.requests.clear()
    assert resolve([REFERENCE], tmp_path, offline=True) == (facts,)
    assert server.requests == []


def test_the_clients_own_offline_mode_is_honoured(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert refused(tmp_path) == (
        "is not in the cache, and the network is off (run once without HF_HUB_OFFLINE to download it)"
    )
    assert server.requests == []


@pytest.mark.usefixtures("server")
def test_without_a_network_the_cache_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (facts,) = resolve([REFERENCE], tmp_path)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert resolve([REFERENCE], tmp_path) == (facts,)
    other = "hf:tester/other-GGUF:Q8_0"
    assert refused(tmp_path, other) == (
        "the hub cannot be reached (check the network; --reasoning-offline uses what is in the cache)"
    )


def test_a_gated_repository(server: HubServer, tmp_path: Path) -> None:
    server.gated = True
    assert refused(tmp_path) == ("tester/tiny-GGUF is gated (accept its terms on the hub and set HF_TOKEN)")


def test_a_token_opens_a_private_repository_and_is_never_shown(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.needed_token = "hf_Secret0123456789"
    monkeypatch.setenv("HF_TOKEN", "hf_Wrong0123456789")
    message = refused(tmp_path)
    assert message == (
        "there is no repository tester/tiny-GGUF, or it is private (check the name; private ones need HF_TOKEN)"
    )
    monkeypatch.setenv("HF_TOKEN", server.needed_token)
    (facts,) = resolve([REFERENCE], tmp_path)
    assert "Secret" not in repr(facts)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            "hf:tester/tinny-GGUF",
            "there is no repository tester/tinny-GGUF, or it is private "
            "(check the name; private ones need HF_TOKEN)",
        ),
        (
            "hf:tester/tiny-GGUF@v9:Q8_0",
            "tester/tiny-GGUF has no revision 'v9' (name a branch, a tag or a commit of it)",
        ),
        ("hf:tester/tiny-GGUF:Q8_1", "tester/tiny-GGUF has no file 'Q8_1' (did you mean 'Q8_0'?)"),
        ("hf:tiny:Q8_0", "is not read as a hub reference (write hf:USER/REPO[@REVISION][:QUANT or file])"),
    ],
)
def test_wrong_references(tmp_path: Path, reference: str, message: str) -> None:
    assert refused(tmp_path, reference) == message


def test_a_file_that_is_listed_and_missing(server: HubServer, tmp_path: Path) -> None:
    server.missing = NAME
    assert refused(tmp_path) == (
        "a file of tester/tiny-GGUF is listed and missing (name another, or tell its owner)"
    )


def test_a_full_disk_is_seen_before_the_download(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "SPARE_BYTES", 1 << 60)
    message = refused(tmp_path)
    assert message.startswith(f"its download has 0.0 GB, and {tmp_path} has ")
    assert message.endswith(" GB free (make room, or set HF_HOME to another disk)")
    assert downloads(server) == []


def test_a_lock_file_holds_a_reference_to_its_revision(server: HubServer, tmp_path: Path) -> None:
    lock = tmp_path / "reasoning-models.lock"
    (facts,) = resolve([REFERENCE], tmp_path, pinning=Pinning(path=lock, write=True))
    digest = server.sha256(NAME)
    assert lock.read_text().splitlines()[2:] == [
        REFERENCE,
        f"  revision {COMMIT}",
        f"  file {digest} {facts.size_bytes} {NAME}",
    ]
    server.commit = NEXT_COMMIT
    server.requests.clear()
    assert resolve([REFERENCE], tmp_path, pinning=Pinning(path=lock, locked=True)) == (facts,)
    assert server.requests == []
    (moved,) = resolve([REFERENCE], tmp_path)
    assert f"/snapshots/{NEXT_COMMIT}/" in str(next((tmp_path / "hub").rglob(f"{NEXT_COMMIT}/{NAME}")))
    assert moved.sha256 == facts.sha256


def test_choosing_a_file() -> None:
    def chosen(names: list[str], choice: str | None) -> tuple[str, ...]:
        return choose(names, Hub(repo="u/r", choice=choice), "hf:u/r")

    many = ["m-Q4_K_M.gguf", "m-Q4_K_S.gguf", "m-Q8_0.gguf", "mmproj-F16.gguf", "README.md"]
    assert chosen(many, None) == ("m-Q4_K_M.gguf",)
    assert chosen(many, "q8_0") == ("m-Q8_0.gguf",)
    assert chosen(many, "m-Q4_K_S.gguf") == ("m-Q4_K_S.gguf",)
    split = ["Q4_K_M/m-Q4_K_M-00001-of-00002.gguf", "Q4_K_M/m-Q4_K_M-00002-of-00002.gguf", "m-Q8_0.gguf"]
    assert chosen(split, "Q4_K_M") == tuple(split[:2])
    with pytest.raises(ModelError) as caught:
        chosen(split[:1], "Q4_K_M")
    assert str(caught.value) == f"model 'hf:u/r': u/r lacks the part {split[1]} (name another file)"
    with pytest.raises(ModelError) as caught:
        chosen(["a-Q8_0.gguf", "b-Q8_0.gguf"], "Q8_0")
    assert str(caught.value) == "model 'hf:u/r': 2 files of u/r fit: a-Q8_0.gguf, b-Q8_0.gguf (name one of them)"
    with pytest.raises(ModelError) as caught:
        chosen(["model.safetensors"], None)
    assert str(caught.value) == "model 'hf:u/r': u/r has no GGUF file (name one that has; many end in -GGUF)"


def test_what_is_in_the_cache_is_listed_by_what_names_it(server: HubServer, tmp_path: Path) -> None:
    assert cached_references() == ()
    server.files["mmproj-tiny.gguf"] = b"no language model"
    resolve([REFERENCE], tmp_path)
    assert cached_references() == (f"hf:{server.repo}:{NAME}",)
    server.commit = NEXT_COMMIT
    resolve([f"hf:{server.repo}@{COMMIT}:{NAME}"], tmp_path)
    asked = len(server.requests)
    lines = list(model_list([], tmp_path))
    assert len(server.requests) == asked
    (row,) = (line.split() for line in lines if line.startswith("hf:"))
    assert row[:5] == [f"hf:{server.repo}:{NAME}", "73k", "1", "64", "F16"]
    (facts,) = resolve([row[0]], tmp_path, offline=True)
    assert (facts.sha256[:12], facts.path) == (row[-2], row[-1])
