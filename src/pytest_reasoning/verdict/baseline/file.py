"""The baseline file: one sorted line below 200 bytes per case × strategy × model, readable in git diffs."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

from filelock import FileLock, Timeout

from pytest_reasoning.models.hashes import cache_folder
from pytest_reasoning.records import Cell, Status, cell_of
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.files import is_there, write_whole
from pytest_reasoning.text.wording import counted
from pytest_reasoning.verdict.baseline.records import Baseline, RowsWouldBeLost, merged
from pytest_reasoning.verdict.fingerprints import text_hash
from pytest_reasoning.verdict.noise import NoiseFloor
from pytest_reasoning.verdict.tally import CaseResult

FOLDER = Path(".reasoning") / "baselines"
MOST_BYTES = 199
"Longest line in bytes, without the line feed."
LOCK_TIMEOUT_S = 60.0
"Saving takes milliseconds, so a lock that is held longer than this belongs to a run that hangs."
_HEAD = "# pytest-reasoning baseline 2: written by --reasoning-save-baseline, not by hand"
_REPAIR = "repair it, or delete it and save it again with --reasoning-save-baseline"


def baseline_path(root: Path, name: str = "default") -> Path:
    """Return the path of a baseline below the project's root.

    Raises:
        ReasoningError: the name is not a plain file name.
    """
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", name):
        raise ReasoningError(f"'{name}' cannot name a baseline (use up to 100 letters, digits, '.', '_' and '-')")
    return root / FOLDER / f"{name}.txt"


def read_baseline(path: Path) -> Baseline:
    """Return a saved baseline.

    Raises:
        ReasoningError: the baseline does not exist, or a line of it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        others = ", ".join(sorted(other.stem for other in path.parent.glob("*.txt")))
        there = f"there are: {others}; or " if others else ""
        raise ReasoningError(
            f"{path}: there is no such baseline ({there}make it with --reasoning-save-baseline={path.stem})"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ReasoningError(f"{path}: cannot be read: {error} ({_REPAIR})") from None
    return parse_baseline(text, str(path))


def save_baseline(path: Path, run: Baseline, *, complete: Collection[Cell] = (), left_out: int = 0) -> str:
    """Merge a run into its baseline, write the file, and return one line that says what was saved.

    A file that cannot be read is not replaced: it may hold a conflict of git, or be of another version. A run that
    saves the same baseline at the same time waits until this one is done, and is then merged.

    Args:
        path: path of the file, from `baseline_path`.
        run: the run, from `baseline_of`.
        complete: as for `merged`.
        left_out: number of the run's cases without a row, because a sample ended in error.

    Raises:
        ReasoningError: the file cannot be written, the existing one cannot be read, or rows of it would be lost.
    """
    with _locked(path):
        old = read_baseline(path) if is_there(path) else Baseline(rows=())
        try:
            saved = merged(old, run, complete=complete)
        except RowsWouldBeLost as loss:
            remedy = "run them too, or save as --reasoning-save-baseline=NEW"
            raise ReasoningError(f"{path}: {loss} ({remedy})") from None
        write_baseline(path, saved)
    models = ", ".join(sorted({row.model for row in run.rows})) or "no model"
    kept = len(saved.rows) - len(run.rows)
    notes = (f"; kept {kept} that did not run" if kept else "") + (
        f"; left out {left_out} that ended in error" if left_out else ""
    )
    return f"Saved {counted(len(run.rows), 'case')} of {models} to {path}{notes}."


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a baseline while saving it; the lock file lies in the user's cache folder."""
    folder = cache_folder() / "locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{text_hash(str(path.resolve()), 16)}.lock", timeout=LOCK_TIMEOUT_S)
        lock.acquire()
    except Timeout:
        raise ReasoningError(
            f"{path}: another run has been saving it for {LOCK_TIMEOUT_S:g} s (end that run)"
        ) from None
    except OSError as error:
        raise ReasoningError(f"{folder}: cannot be locked: {error.strerror} (free the path or its disk)") from None
    try:
        yield
    finally:
        lock.release()


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline file atomically, making its folder.

    Raises:
        ReasoningError: the file cannot be written.
    """
    try:
        write_whole(path, baseline_text(baseline))
    except OSError as error:
        raise ReasoningError(f"{path}: cannot be written: {error.strerror} (free the path or its disk)") from None


def baseline_text(baseline: Baseline) -> str:
    """Return the whole text of the file."""
    lines = [_row_line(row) for row in baseline.rows]
    lines += [
        "\t".join(("logprob", *cell_of(row), row.case, repr(row.target_logprob)))
        for row in baseline.rows
        if row.target_logprob is not None
    ]
    for model, facts in baseline.facts.items():
        lines += ["\t".join(("fact", model, name, value)) for name, value in facts.items()]
    for model, floor in baseline.noise.items():
        counts = (str(floor.compared), str(floor.identical))
        where = "-" if floor.first_token is None else str(floor.first_token)
        lines.append(
            "\t".join(("noise", model, *counts, where, "-" if floor.margin is None else repr(floor.margin)))
        )
    return "\n".join([_HEAD, *sorted(lines), ""])


def parse_baseline(text: str, file: str) -> Baseline:
    """Read a baseline from the text of a file; `file` is its name in errors.

    Raises:
        ReasoningError: the first line is not that of this version, or a line cannot be read.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0] != _HEAD:
        raise ReasoningError(f"{file}:1: this is not a baseline of this version ({_REPAIR})")
    rows: dict[tuple[Cell, str], CaseResult] = {}
    facts: dict[str, dict[str, str]] = {}
    noise: dict[str, NoiseFloor] = {}
    logprobs: dict[tuple[Cell, str], float] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        kind, *fields = line.split("\t")
        try:
            if kind == "case":
                row = _row(fields)
                if rows.setdefault((cell_of(row), row.case), row) is not row:
                    raise ValueError("twice")
            elif kind == "logprob":
                suite, strategy, model, case, value = fields
                logprobs[Cell(suite, strategy, model), case] = _logprob(value)
            elif kind == "fact":
                model, name, value = fields
                facts.setdefault(model, {})[name] = value
            elif kind == "noise":
                noise[fields[0]] = _noise(fields[1:])
            else:
                raise ValueError(kind)
        except (ValueError, IndexError, TypeError):
            raise ReasoningError(
                f"{file}:{number}: the line is damaged, or is the second one of its case ({_REPAIR})"
            ) from None
    known = (replace(row, target_logprob=logprobs.get(key)) for key, row in rows.items())
    return Baseline(rows=tuple(known), facts=facts, noise=noise)


def _row_line(row: CaseResult) -> str:
    ended = row.status if row.samples == 1 else f"{row.correct}/{row.samples} {row.status}"
    hashes = (row.content, row.instance, row.prompt, row.scorer, row.sampling, row.completion)
    start = "\t".join(("case", *cell_of(row), row.case, *hashes, ended)) + "\t"
    if row.answer is None:
        return f"{start}-"
    answer, space = _plain(row.answer), MOST_BYTES - len(start.encode()) - 2
    if len(answer.encode()) > space:
        answer = _cut(row.answer, space)
    return f'{start}"{answer}"'


def _cut(answer: str, most_bytes: int) -> str:
    """Return an answer cut to a number of bytes and marked as cut; escapes stay whole."""
    kept = ""
    for char in answer:
        longer = kept + _plain(char)
        if len(longer.encode()) + len("…".encode()) > most_bytes:
            break
        kept = longer
    return f"{kept}…"


def _row(fields: list[str]) -> CaseResult:
    suite, strategy, model, case, content, instance, prompt, scorer, sampling, completion, ended, shown = fields
    counts, _, status = ended.rpartition(" ")
    if status not in get_args(Status):
        raise ValueError(status)
    correct, _, samples = counts.partition("/") if counts else (str(int(status == "correct")), "/", "1")
    if not 0 <= int(correct) <= int(samples) or int(samples) < 1:
        raise ValueError(counts)
    if shown != "-" and not (len(shown) >= 2 and shown[0] == shown[-1] == '"'):
        raise ValueError(shown)
    return CaseResult(
        suite=suite,
        strategy=strategy,
        model=model,
        case=case,
        content=content,
        instance=instance,
        prompt=prompt,
        scorer=scorer,
        sampling=sampling,
        completion=completion,
        correct=int(correct),
        samples=int(samples),
        status=cast(Status, status),
        answer=None if shown == "-" else _read_plain(shown[1:-1]),
    )


def _logprob(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or value > 0:
        raise ValueError(text)
    return value


def _noise(fields: list[str]) -> NoiseFloor:
    def number(text: str, kind: Callable[[str], float]) -> float | None:
        return None if text == "-" else kind(text)

    compared, identical, first_token, margin = fields
    token = number(first_token, int)
    return NoiseFloor(
        compared=int(compared),
        identical=int(identical),
        first_token=None if token is None else int(token),
        margin=number(margin, float),
    )


def _plain(text: str) -> str:
    r"""Return text as one field of a line: unprintable characters and `\` are escaped as in JSON."""
    return "".join(char if char.isprintable() and char not in '\\"' else json.dumps(char)[1:-1] for char in text)


def _read_plain(field: str) -> str:
    # a field is the inside of a JSON string, because quotes in it are always escaped
    return str(json.loads(f'"{field}"'))
