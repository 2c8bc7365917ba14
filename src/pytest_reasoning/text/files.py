"""Files and paths: a file is written whole or not at all, and a path means what its user wrote."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.unicode import valid_text


def write_whole(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Replace a file in one step, making its folder first; text becomes UTF-8.

    The draft is created in the target's folder under a name that nobody can foresee, and only if nothing of that
    name is there: a link that somebody left in a shared folder is never followed.

    Args:
        path: of the file. A link there is replaced and not followed.
        content: text may hold lone surrogates; each becomes U+FFFD.
        private: whether the owner alone may read the file; otherwise the process's umask decides.

    Raises:
        OSError: the folder or the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.parent / f".{secrets.token_hex(12)}.draft"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_TRANSLATION, 0o600 if private else 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(valid_text(content).encode() if isinstance(content, str) else content)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


_NO_TRANSLATION: int = getattr(os, "O_BINARY", 0)
"Windows would write every line feed as two characters."


def is_there(path: Path) -> bool:
    """Tell whether something is at a path; nothing is at one that the system refuses, because it is too long."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises OSError for such a path


def is_file(path: Path) -> bool:
    """Tell whether a regular file is at a path, as `is_there` does."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Tell whether a folder is at a path, as `is_there` does."""
    return os.path.isdir(path)  # noqa: PTH112


def home_expanded(text: str) -> Path:
    """Return a path as a user wrote it, with `~` and `~user` as the home folders they stand for.

    Raises:
        ReasoningError: there is no such user.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        name = Path(text).parts[0]
        raise ReasoningError(f"{text!r}: there is no home folder {name} (write the path in full)") from None
