"""Writes files atomically, and handles paths as users write them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.unicode import valid_text


def write_whole(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Replace a file in one step, making its folder first; text becomes UTF-8.

    The content is first written to a new file in the same folder. Its name is random and must not exist yet, so
    that a link planted in a shared folder is never followed.

    Args:
        path: the file to write. A link there is replaced, not followed.
        content: bytes, or text in which lone surrogates become U+FFFD.
        private: whether only the owner may read the file; otherwise the process's umask applies.

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
"Keeps Windows from writing every line feed as two characters."


def is_there(path: Path) -> bool:
    """Return whether a path exists; False for one that the system refuses, for example as too long."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises OSError for such a path


def is_file(path: Path) -> bool:
    """Return whether a path is a regular file; False for one that the system refuses."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; False for one that the system refuses."""
    return os.path.isdir(path)  # noqa: PTH112


def home_expanded(text: str) -> Path:
    """Return a path with a leading `~` or `~user` replaced by the home folder.

    Raises:
        ReasoningError: there is no such user.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        name = Path(text).parts[0]
        raise ReasoningError(f"{text!r}: there is no home folder {name} (write the path in full)") from None
