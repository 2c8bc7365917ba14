"""One run that quantises, for tests that start several or kill them: `made_file_run.py SOURCE FOLDER TYPE`.

Prints `made` if this run made the file, then its path.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pytest_reasoning.engine import MadeFiles, Making
from pytest_reasoning.records import QuantizeOrder
from pytest_reasoning.text.file_hashes import sha256_of


def order(source: Path, kind: str, **more: object) -> QuantizeOrder:
    """What is asked of `source`."""
    fields = {"model": f"m@{kind}", "source": str(source), "sha256": sha256_of(source), "type": kind}
    return QuantizeOrder(**(fields | more))  # type: ignore[arg-type]


def run(source: Path, folder: Path, kind: str) -> None:
    """Make one file and hold it until the input ends."""
    steps: list[int] = []

    def note(making: Making | None) -> None:
        if making is not None and making.total:
            steps.append(making.done)

    files = MadeFiles(folder, hash_of=sha256_of, threads=1, on_progress=note)
    path = files.path_of(order(source, kind))
    if steps:
        print("made")
    print(path, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
