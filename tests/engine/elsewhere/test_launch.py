"""A child behind a launcher gives the bits of one on this machine, whatever the launcher prints or changes."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kit.asked import answers, requests, timeless
from kit.ports import free_port
from kit.settings_of import settings_of
from pytest_reasoning.engine import EngineSettings, Responses, Store, open_engine
from pytest_reasoning.models import resolve
from pytest_reasoning.records import Completion, Gguf
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.file_hashes import sha256_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the launchers here are programs of Unix"),
]

ASKED = requests(12)
NOISY = """#!/bin/sh
echo "Welcome! You have new mail."
echo '{"a line of JSON": "that is no message"}'
printf 'unfinished> '
cd /
exec env -i HOME="$HOME" XDG_CACHE_HOME="$CACHE_THERE" "$@"
"""


@pytest.fixture(scope="module")
def model() -> Gguf:
    (found,) = resolve(["nano"], Path())
    assert isinstance(found, Gguf)
    return found


@pytest.fixture(scope="module")
def expected(model: Gguf) -> list[Completion]:
    return answers(open_engine(model, EngineSettings()), ASKED)


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A program that greets, cleans the environment, goes to another folder, and starts what it is given."""
    path = tmp_path / "elsewhere.sh"
    path.write_text(NOISY, encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("CACHE_THERE", str(tmp_path / "cache"))
    return str(path)


def launched(*prefix: str, **others: object) -> EngineSettings:
    return settings_of(launch=prefix, **others)


def test_answers_are_the_same(launcher: str, model: Gguf, expected: list[Completion]) -> None:
    engine = open_engine(model, launched(launcher))
    assert answers(engine, ASKED) == expected
    assert engine.facts is not None
    assert engine.facts.backend == "cpu"


def test_a_file_that_is_not_there_is_sent_once(
    launcher: str, model: Gguf, expected: list[Completion], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "here"
    copy.mkdir()
    shutil.copy(model.path, copy / "only-here.gguf")
    monkeypatch.chdir(copy)
    # A path that leads to the file in this process alone, as paths of another machine would.
    mine = replace(model, path="/proc/self/cwd/only-here.gguf")
    assert answers(open_engine(mine, launched(launcher, replicas=2)), ASKED) == expected
    (sent,) = (tmp_path / "cache").rglob("*.gguf")
    assert sha256_of(sent) == model.sha256
    before = sent.stat().st_mtime_ns
    monkeypatch.setattr("pytest_reasoning.engine.elsewhere.launch.piece", lambda *_: b"")
    assert answers(open_engine(mine, launched(launcher)), ASKED) == expected
    assert sent.stat().st_mtime_ns == before
    assert not list((tmp_path / "cache").rglob("*.part"))


def test_a_file_that_cannot_be_sent_is_one_line(
    launcher: str, model: Gguf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(model.path, tmp_path / "only-here.gguf")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pytest_reasoning.engine.elsewhere.launch.piece", lambda *_: b"not the model")
    mine = replace(model, path="/proc/self/cwd/only-here.gguf")
    with pytest.raises(ModelError, match=r"only-here.gguf changed while it was sent, or .*\(run again\)"):
        answers(open_engine(mine, launched(launcher)), ASKED[:1])


def test_a_launcher_that_is_not_there_is_named(model: Gguf) -> None:
    message = (
        r"launch 'no-such-launcher -n1': cannot start 'no-such-launcher': No such file or directory "
        r"\(correct `launch` in the models file\)"
    )
    with pytest.raises(ModelError, match=message):
        answers(open_engine(model, launched("no-such-launcher", "-n1")), ASKED[:1])


def test_a_launcher_that_fails_is_named_with_its_last_words(model: Gguf, tmp_path: Path) -> None:
    path = tmp_path / "down.sh"
    path.write_text("#!/bin/sh\necho 'cannot reach the host' >&2\nexit 255\n", encoding="utf-8")
    path.chmod(0o755)
    message = r"launched by '.*down.sh', died \(exit status 255\); its last words: cannot reach the host \(see "
    with pytest.raises(ModelError, match=message):
        answers(open_engine(model, launched(str(path))), ASKED[:1])


def test_another_version_there_is_refused(launcher: str, model: Gguf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_reasoning.engine.elsewhere.launch.installed_version", lambda _: "99.0")
    with pytest.raises(ModelError, match=r"pytest-reasoning is .* there and 99.0 here \(install the same version"):
        answers(open_engine(model, launched(launcher)), ASKED[:1])


def test_a_child_that_is_killed_is_launched_again(launcher: str, model: Gguf) -> None:
    asked = requests(30, max_tokens=60)
    alone = answers(open_engine(model, EngineSettings()), asked)
    engine = open_engine(model, launched(launcher))
    tickets = [engine.submit(one) for one in asked]
    engine.result(tickets[0])
    pid = engine._replicas[0].child_pid  # type: ignore[attr-defined]
    os.kill(pid, signal.SIGKILL)
    found = [engine.result(ticket) for ticket in tickets]
    engine.close()
    assert [timeless(one) for one in found] == alone
    assert engine.totals.restarts == 1


def test_the_store_keeps_answers_of_a_machine_alike_with_our_own(
    launcher: str, model: Gguf, expected: list[Completion], tmp_path: Path
) -> None:
    responses = Responses(store=Store(tmp_path / "store", warn=pytest.fail), hash_of=sha256_of)
    assert answers(open_engine(model, launched(launcher), responses=responses), ASKED) == expected
    here = open_engine(model, EngineSettings(), responses=responses)
    assert answers(here, ASKED) == expected
    assert here.totals.completion_tokens == 0
    again = open_engine(model, launched(launcher), responses=responses)
    assert answers(again, ASKED) == expected
    assert again.totals.completion_tokens == 0
    # A setting of the other machine that may change bits makes its answers others than ours.
    other = open_engine(model, launched("env", "GGML_OTHER=1"), responses=responses)
    assert answers(other, ASKED) == expected
    assert other.totals.completion_tokens > 0
    responses.store.close()


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[list[str]]:
    """The words that run a command through a real server of SSH on this machine."""
    server = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    client, keygen = shutil.which("ssh"), shutil.which("ssh-keygen")
    if server is None or client is None or keygen is None:
        pytest.skip("there is no sshd here")
    for name in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    port = free_port()
    config = tmp_path / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/user.pub\n"
        f"PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n"
        f"SetEnv XDG_CACHE_HOME={tmp_path}/cache\n",
        encoding="utf-8",
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    log = tmp_path / "sshd.log"
    daemon = subprocess.Popen([server, "-D", "-f", config, "-E", log])
    options = ["UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "BatchMode=yes", "LogLevel=ERROR"]
    words = [client, "-F", "none", "-p", str(port), "-i", str(tmp_path / "user")]
    words += [word for option in options for word in ("-o", option)] + ["127.0.0.1"]
    try:
        until = time.monotonic() + 20
        while subprocess.run([*words, "true"], capture_output=True).returncode:
            if daemon.poll() is not None or time.monotonic() > until:
                pytest.skip(f"sshd lets nobody in here: {log.read_text()[-300:]}")
            time.sleep(0.1)
        yield words
    finally:
        daemon.terminate()
        daemon.wait()


def test_over_ssh(
    ssh: list[str], model: Gguf, expected: list[Completion], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(model.path, tmp_path / "only-here.gguf")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("A_SECRET_OF_HERE", "1")
    mine = replace(model, path="/proc/self/cwd/only-here.gguf")
    engine = open_engine(mine, launched(*ssh))
    assert answers(engine, ASKED) == expected
    (sent,) = (tmp_path / "cache").rglob("*.gguf")
    assert sha256_of(sent) == model.sha256


def test_the_models_file_takes_words_or_a_list(pytester: pytest.Pytester, launcher: str) -> None:
    (pytester.path / "reasoning-models.yaml").write_text(
        f"text: {{gguf: nano, launch: {launcher} env 'A=b c'}}\nlist: {{gguf: nano, launch: [{launcher}]}}\n",
        encoding="utf-8",
    )
    run = ("--reasoning-suites=last-letters", "--reasoning-limit=2", "--reasoning-store=off")
    result = pytester.runpytest("--reasoning-models=text,list", *run)
    shown = shlex.join([launcher, "env", "A=b c"])
    result.stdout.fnmatch_lines([f"reasoning: *text: 1 replica launched by '{shown}'*"])
    assert result.parseoutcomes().get("errors", 0) == 0
