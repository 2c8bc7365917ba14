"""Tests that leave something behind fail, and are told what."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import leftovers

pytestmark = pytest.mark.slow

TESTS = """
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest


def test_process():
    subprocess.run([sys.executable, "-c", "import subprocess; subprocess.Popen(['sleep', '3'])"], check=True)

def test_file():
    os.close(tempfile.mkstemp(prefix="left-")[0])

def test_mode(tmp_path):
    (tmp_path / "shut").mkdir(mode=0)

def test_umask():
    os.umask(0o012)

@pytest.fixture(scope="module")
def kept():
    return tempfile.mkdtemp()

def test_nothing(tmp_path, kept):
    with tempfile.TemporaryDirectory():
        subprocess.run(["sleep", "0"])
    (tmp_path / "link").symlink_to("nowhere")
"""


@pytest.fixture
def again() -> Iterator[None]:
    """Put back what the tests above change."""
    mask = leftovers.umask()
    yield
    os.umask(mask)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found by /proc")
@pytest.mark.usefixtures("again")
def test_each_kind_is_found(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "PATIENCE_S", 0.2)
    pytester.makeconftest((leftovers.ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(TESTS)
    result = pytester.runpytest()
    for folder in pytester.path.rglob("shut"):
        folder.chmod(0o700)
    result.assert_outcomes(passed=5, errors=4)
    lines = result.stdout.lines
    found = [lines[number + 1] for number, line in enumerate(lines) if line == "left behind:"]
    assert [line.split()[0] for line in found] == ["process", "temporary", found[2].split()[0], "umask"]
    assert found[0].endswith(": sleep 3")
    assert "left-" in found[1]
    assert found[2].endswith("shut has mode 000")
    assert found[3] == "umask 012"


def test_a_changed_mode_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").touch(mode=0o644)
    before = leftovers.modes(tmp_path)
    (tmp_path / "new").touch()
    assert leftovers.changed(before, leftovers.modes(tmp_path)) == []
    (tmp_path / "a").chmod(0o600)
    assert leftovers.changed(before, leftovers.modes(tmp_path)) == [
        f"{tmp_path / 'a'} has mode 100600 and had 100644"
    ]


def test_processes_of_others_are_not_ours() -> None:
    with subprocess.Popen(["sleep", "5"], env={"PATH": os.environ["PATH"]}) as other:
        assert leftovers.running({other.pid}, os.environ[leftovers.VARIABLE]) == {}
        other.kill()
