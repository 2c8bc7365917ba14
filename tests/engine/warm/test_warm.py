"""Models that stay loaded: found by the next run alone, with the same bits, and gone by themselves."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_reasoning.engine import EngineSettings, ProcessEngine, WarmModel, warm_models
from pytest_reasoning.engine.process.wire import encode
from pytest_reasoning.engine.warm import place
from pytest_reasoning.engine.warm.place import WarmPlace
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey
from pytest_reasoning.text.errors import EngineError, ModelError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this Python has no Unix sockets"),
]
SETTINGS = EngineSettings(model=ModelSettings(width=4, gpu_layers=0, threads=1), keep_warm_s=60.0)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short path for the sockets; what is loaded there is stopped at the end."""
    runtime = tempfile.mkdtemp(dir="/tmp")
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    yield Path(runtime) / "pytest-reasoning"
    if not (Path(runtime) / "pytest-reasoning").is_symlink():
        warm_models(stop=True)
        wait(lambda: not warm_models())
    shutil.rmtree(runtime, ignore_errors=True)  # a process that ends removes its socket, perhaps meanwhile


def wait(until: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not until():
        assert time.monotonic() < limit
        time.sleep(0.02)


def runs(pid: int | None) -> bool:
    try:
        os.kill(pid or 0, 0)
    except ProcessLookupError:
        return False
    return True


def engine(model: Path, settings: EngineSettings = SETTINGS) -> ProcessEngine:
    return ProcessEngine(model, settings, warm=WarmPlace("a hash", settings, number=0))


def ask(own: str, max_tokens: int = 6) -> Request:
    generation = Generation(max_tokens=max_tokens, temperature=0.0)
    return Request(key=RequestKey(case=own), prompt=f"Q: {own}", prefix_chars=2, generation=generation)


def run(model: Path, own: str, settings: EngineSettings = SETTINGS) -> tuple[Completion, int | None]:
    with engine(model, settings) as one:
        answer = one.result(one.submit(ask(own)))
        # The prefix of an earlier run may still be evaluated.
        whole = len(f"Q: {own}")
        assert one.totals.prompt_tokens in (whole, whole - 2), "totals are those of this run"
        return answer, one.child_pid


def bits(answer: Completion) -> tuple[tuple[int, ...], tuple[float, ...]]:
    return answer.tokens, answer.logprobs


def test_the_next_run_takes_the_loaded_model_and_gets_the_same_bits(tiny_llama: Path, folder: Path) -> None:
    _, pid = run(tiny_llama, "first")
    answer, again = run(tiny_llama, "another question")
    with ProcessEngine(tiny_llama, SETTINGS) as cold:
        alone = cold.result(cold.submit(ask("another question")))
    assert (again, bits(answer)) == (pid, bits(alone))
    (path,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    _, other = run(tiny_llama, "first", replace(SETTINGS, model=replace(SETTINGS.model, width=8)))
    assert other != pid, "a model that runs with other settings is another one"
    assert {one.pid for one in warm_models()} == {pid, other}
    assert {one.model for one in warm_models(stop=True)} == {str(tiny_llama)}
    wait(lambda: not list(folder.iterdir()))
    wait(lambda: not runs(pid))


def test_it_ends_by_itself(tiny_llama: Path, folder: Path) -> None:
    _, pid = run(tiny_llama, "first", replace(SETTINGS, keep_warm_s=0.3))
    wait(lambda: not list(folder.iterdir()))
    assert run(tiny_llama, "first")[1] != pid


def test_of_two_runs_at_once_each_has_its_own(tiny_llama: Path, folder: Path) -> None:
    with engine(tiny_llama) as first:
        first.result(first.submit(ask("first")))
        answer, pid = run(tiny_llama, "second")
        assert answer.error is None
        assert pid != first.child_pid
        (listed,) = warm_models(stop=True)
        assert (listed.pid, listed.in_use) == (first.child_pid, True), "what is in use is not stopped"
        assert first.result(first.submit(ask("third"))).error is None
    assert [one.pid for one in warm_models()] == [listed.pid]
    assert len(list(folder.iterdir())) == 1


def test_a_run_that_leaves_takes_its_requests_with_it(tiny_llama: Path, folder: Path) -> None:
    with engine(tiny_llama) as left:
        for own in ("one", "two", "three", "four", "five", "six"):
            left.submit(ask(own, max_tokens=1500))
        while left.totals.completion_tokens < 4:
            left.pump()
        pid = left.child_pid
    answer, again = run(tiny_llama, "what is asked next")
    assert again == pid
    with ProcessEngine(tiny_llama, SETTINGS) as cold:
        assert bits(cold.result(cold.submit(ask("what is asked next")))) == bits(answer)
    assert folder.is_dir()


def test_a_child_that_dies_is_replaced(tiny_llama: Path, folder: Path) -> None:
    with engine(tiny_llama) as one:
        one.result(one.submit(ask("first")))
        first = one.child_pid
        os.kill(first or 0, signal.SIGKILL)
        assert one.result(one.submit(ask("second"))).error is None
        assert one.totals.restarts == 1
        assert one.child_pid != first
    wait(lambda: [model.pid for model in warm_models()] != [first])
    assert folder.is_dir()


def test_a_model_that_cannot_be_loaded_says_why_and_leaves_no_host(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF but not really")
    with pytest.raises(ModelError, match=r"llama\.cpp cannot load it as a GGUF model"), engine(broken) as one:
        one.result(one.submit(ask("first")))
    wait(lambda: not list(folder.iterdir()))


def test_what_else_lies_in_the_place_of_a_socket_is_no_obstacle(tiny_llama: Path, folder: Path) -> None:
    path = folder / f"{WarmPlace('a hash', SETTINGS, number=0)._key[:16]}.sock"
    folder.mkdir(mode=0o700)
    path.write_text("not a socket", encoding="utf-8")
    assert run(tiny_llama, "first")[0].error is None
    assert [one.model for one in warm_models(stop=True)] == [str(tiny_llama)]
    wait(lambda: not path.exists())
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    assert path.exists(), "its process has gone"
    assert warm_models() == []
    _, pid = run(tiny_llama, "first")
    assert [one.pid for one in warm_models()] == [pid]


def test_who_listens_there_and_is_no_host_gets_nothing_and_gives_nothing(tiny_llama: Path, folder: Path) -> None:
    path = folder / f"{WarmPlace('a hash', SETTINGS, number=0)._key[:16]}.sock"
    folder.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger:
        stranger.bind(str(path))
        stranger.listen()

        def talk() -> None:
            while True:
                try:
                    connection, _ = stranger.accept()
                except OSError:
                    return
                # Whoever only looks whether somebody listens is gone by then.
                with connection, contextlib.suppress(OSError):
                    connection.sendall(b'{"op": "done", "id": 0}\n\x1b]0;\x07\n')

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            answer, pid = run(tiny_llama, "first")
            assert answer.error is None
            assert pid is not None
            assert warm_models() == []
        finally:
            stranger.shutdown(socket.SHUT_RDWR)
            thread.join()
    path.unlink()


def test_another_version_is_never_used(
    tiny_llama: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, pid = run(tiny_llama, "first")
    (path,) = folder.iterdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.connect(str(path))
        other.sendall(encode({"op": "use", "key": "of another version", "keep_s": 60, "task": {"op": "serve"}}))
        assert other.recv(100) == b"", "the host compares the whole key, not the name of the file alone"

    def keys() -> set[str]:
        return {WarmPlace("a hash", SETTINGS, number=0)._key}

    mine = keys()
    assert keys() == mine
    with monkeypatch.context() as changed:
        changed.setattr(place, "installed_version", lambda name: f"another {name}")
        assert keys() != mine
        assert run(tiny_llama, "first")[1] != pid
    with monkeypatch.context() as changed:
        (tmp_path / "pytest_reasoning").mkdir()
        (tmp_path / "pytest_reasoning" / "changed.py").write_text("", encoding="utf-8")
        changed.setattr(place, "PACKAGE_ROOT", tmp_path)
        assert keys() != mine
    monkeypatch.setenv("GGML_SOMETHING", "1")
    assert keys() != mine
    assert WarmPlace("another", SETTINGS, number=0)._key not in mine
    assert len(warm_models()) == 2


def test_a_folder_that_others_can_use_is_refused(tiny_llama: Path, folder: Path) -> None:
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    with pytest.raises(ModelError, match="not a folder that only you can use"), engine(tiny_llama) as one:
        one.result(one.submit(ask("first")))
    folder.rmdir()
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder.symlink_to(elsewhere)
    with pytest.raises(EngineError, match="not a folder that only you can use"):
        warm_models()


def test_where_there_are_no_unix_sockets_the_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_UNIX")
    with pytest.raises(EngineError, match=r"needs Unix sockets \(leave out --reasoning-keep-warm here\)"):
        EngineSettings(keep_warm_s=60.0)
    assert warm_models() == []


def test_no_folder_means_no_model(folder: Path) -> None:
    assert warm_models() == list[WarmModel]()
    assert not folder.exists(), "looking makes nothing"
