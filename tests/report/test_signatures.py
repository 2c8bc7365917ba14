"""A signed report is known by its signer, and no altered one passes for it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kit.fixtures import Record, Write
from pytest_reasoning.cli import main
from pytest_reasoning.report import ReportError, check_key, sign, signer_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs OpenSSH's ssh-keygen"),
]


def new_key(folder: Path, name: str, passphrase: str = "") -> Path:
    key = folder / name
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(key)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return key


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return new_key(tmp_path, "ada")


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "r.json"
    path.write_text('{"outcomes": []}', encoding="utf-8")
    return path


def signers(key: Path, name: str = "ada@example.org", options: str = "") -> Path:
    path = key.with_name("signers")
    kind, text, _ = key.with_suffix(".pub").read_text(encoding="ascii").split()
    path.write_text(f"{name} {options} {kind} {text}\n", encoding="ascii")
    return path


def test_a_signed_report_names_its_signer(report: Path, key: Path) -> None:
    sign(report, key)
    said = signer_of(report, signers(key))
    assert said.startswith("signed by ada@example.org with ED25519 key SHA256:")
    assert "who has it is not known here (name trusted keys by --signers)" in signer_of(report, None)
    sign(report, key)  # again, over the earlier signature


def test_what_is_altered_or_not_trusted_is_refused(report: Path, key: Path, tmp_path: Path) -> None:
    trusted = signers(key)
    with pytest.raises(ReportError, match=r"there is no signature r\.json\.sig beside it"):
        signer_of(report, trusted)
    sign(report, new_key(tmp_path, "eve"))
    with pytest.raises(ReportError, match=r"signed with ED25519 key SHA256:.*, which .*signers does not trust"):
        signer_of(report, trusted)
    sign(report, key)
    expired = signers(key, options='valid-before="20200101"')
    with pytest.raises(ReportError, match="does not trust"):
        signer_of(report, expired)
    other = signers(key, options='namespaces="git"')
    with pytest.raises(ReportError, match="does not trust"):
        signer_of(report, other)
    report.write_text('{"outcomes": [1]}', encoding="utf-8")
    for file in (None, signers(key)):
        with pytest.raises(ReportError, match=r"r\.json\.sig is not a signature of this file"):
            signer_of(report, file)


def test_a_key_that_cannot_be_used_is_said_and_nothing_waits(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no such key"):
        check_key(tmp_path / "none")
    with pytest.raises(ReportError, match=r"take a private key without a passphrase"):
        check_key(new_key(tmp_path, "locked", passphrase="secret"))
    (tmp_path / "text").write_text("no key\n", encoding="ascii")
    with pytest.raises(ReportError, match="text"):
        check_key(tmp_path / "text")


def test_a_file_of_trusted_keys_that_is_not_there(report: Path, key: Path) -> None:
    sign(report, key)
    with pytest.raises(ReportError, match=r"none: no such file of trusted keys \(correct the path\)"):
        signer_of(report, Path("none"))


def test_a_run_signs_its_report_and_an_audit_checks_it(
    pytester: pytest.Pytester,
    suite: Write,
    tiny_file: Path,
    key: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    suite(extra="generation: {max_tokens: 4}\n")
    model = f"--reasoning-models={tiny_file.name}"
    pytester.runpytest(model, "--reasoning-json=r.json", f"--reasoning-sign={key}")
    capsys.readouterr()
    assert main(["audit", "r.json", "--fraction=1", f"--signers={signers(key)}"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("signed by ada@example.org with ED25519 key SHA256:")
    assert said.endswith("re-run, all the same bits\n")
    assert main(["audit", "r.json", "--fraction=1"]) == 0
    assert "who has it is not known here" in capsys.readouterr().out
    path = pytester.path / "r.json"
    path.write_text(f"{path.read_text(encoding='utf-8')} ", encoding="utf-8")
    assert main(["audit", "r.json", "--fraction=1"]) == 2
    assert "r.json.sig is not a signature of this file" in capsys.readouterr().err


def test_a_key_is_checked_before_anything_runs(pytester: pytest.Pytester, suite: Write, recorded: Record) -> None:
    suite()
    model = f"--reasoning-models={recorded('good', {'one': ' 3'})}"
    result = pytester.runpytest(model, "--reasoning-json=r.json", "--reasoning-sign=none")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *none: no such key (name the file of a private key*"])
    result = pytester.runpytest(model, "--reasoning-sign=none")
    result.stderr.fnmatch_lines(["ERROR: --reasoning-sign: the JSON report is what is signed (add *"])
