"""Signs JSON reports and checks signatures, by `ssh-keygen -Y`: whoever has an SSH key has a key for this.

The signature is over the bytes of the file, in OpenSSH's format (PROTOCOL.sshsig), and lies beside it: `NAME.sig`.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pytest_reasoning.report.document import ReportError
from pytest_reasoning.text.files import write_whole
from pytest_reasoning.text.wording import printable

NAMESPACE = "pytest-reasoning"
"What OpenSSH calls the purpose of a signature: one made for another purpose is not accepted."
_LIMIT_S = 30.0
_KEY = re.compile(r"\b[A-Z0-9-]+ key SHA256:[A-Za-z0-9+/]+")


def signature_path(report: Path) -> Path:
    """Return where the signature of a report lies."""
    return report.with_name(f"{report.name}.sig")


def check_key(key: Path) -> None:
    """Sign a word, so that a key that cannot be used is known before anything is measured.

    Raises:
        ReportError: the key cannot be used, or OpenSSH is not installed.
    """
    _signature(key, b"pytest-reasoning")


def sign(report: Path, key: Path) -> None:
    """Write the signature of a report beside it.

    Args:
        report: a file that has been written.
        key: a private key without a passphrase, or a public key whose private one an SSH agent has.

    Raises:
        ReportError: the key cannot be used.
        OSError: the report cannot be read, or the signature not be written.
    """
    write_whole(signature_path(report), _signature(key, report.read_bytes()))


def signer_of(report: Path, signers: Path | None) -> str:
    """Return who has signed a report, as one clause.

    Args:
        report: the report; its signature lies beside it.
        signers: trusted keys with their owners, in the format ALLOWED SIGNERS of ssh-keygen(1); None trusts nobody
            and says whose key it would take.

    Raises:
        ReportError: there is no signature, it is not that of this file, or the key is not trusted.
    """
    path = signature_path(report)
    if signers is not None and not signers.is_file():
        raise ReportError(f"{signers}: no such file of trusted keys (correct the path)")
    if not path.is_file():
        raise ReportError(f"{report}: there is no signature {path.name} beside it")
    data, signature = report.read_bytes(), ("-n", NAMESPACE, "-s", str(path))
    done = _run(["-Y", "check-novalidate", *signature], data)
    if done.returncode:
        raise ReportError(f"{report}: {path.name} is not a signature of this file (it or the file was altered)")
    match = _KEY.search(done.stdout.decode(errors="replace"))
    key = match[0] if match is not None else "a key"
    if signers is None:
        return f"signed with {key}; who has it is not known here (name trusted keys by --signers)"
    done = _run(["-Y", "find-principals", "-f", str(signers), "-s", str(path)], b"")
    for name in done.stdout.decode(errors="replace").splitlines():
        # The owner's line may restrict the key to another purpose or time, which only this looks at.
        if _run(["-Y", "verify", "-f", str(signers), "-I", name, *signature], data).returncode == 0:
            return f"signed by {printable(name)} with {key}"
    raise ReportError(f"{report}: signed with {key}, which {signers} does not trust")


def _signature(key: Path, data: bytes) -> str:
    if not key.is_file():
        raise ReportError(f"{key}: no such key (name the file of a private key, such as ~/.ssh/id_ed25519)")
    done = _run(["-Y", "sign", "-f", str(key), "-n", NAMESPACE], data)
    signature = done.stdout.decode(errors="replace")
    if done.returncode or not signature.startswith("-----BEGIN SSH SIGNATURE-----"):
        said = [line.strip() for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
        why = printable(said[-1]) if said else "ssh-keygen made no signature"
        raise ReportError(f"{key}: {why} (take a private key without a passphrase, or one that an SSH agent has)")
    return signature


def _run(arguments: Sequence[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen without a terminal, so that it cannot wait for a passphrase."""
    with tempfile.TemporaryFile() as given:
        given.write(data)
        given.seek(0)
        try:
            return subprocess.run(
                ["ssh-keygen", *arguments],
                stdin=given,
                capture_output=True,
                timeout=_LIMIT_S,
                start_new_session=True,
                check=False,
            )
        except FileNotFoundError:
            raise ReportError("ssh-keygen is not here (install OpenSSH 8.1 or newer)") from None
        except subprocess.TimeoutExpired:
            raise ReportError(f"ssh-keygen has not answered for {_LIMIT_S:.0f} s") from None
