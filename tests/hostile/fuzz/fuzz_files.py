"""The store, baselines and reports: files that an earlier run wrote, spoiled since."""

# ruff: noqa: E501, PT017 - pieces stand whole, and either outcome is right

from __future__ import annotations

import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from fuzz_mutations import bytes_mutations, mutated_bytes, mutated_text, mutations
from fuzz_target import Check, Target
from hypothesis import strategies as st

from kit.sample_report import sample_report
from pytest_reasoning.engine.store.store import FILE, Store
from pytest_reasoning.records import Completion
from pytest_reasoning.report.document import ReportError, parse_results, results_text
from pytest_reasoning.report.markdown import markdown_report
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.verdict import Baseline, NoiseFloor, baseline_text, parse_baseline
from pytest_reasoning.verdict.tally import CaseResult

ROWS = 40


def _completion(number: int) -> Completion:
    return Completion(
        text=f"answer {number} é\x00",
        tokens=tuple(range(number)),
        logprobs=(-0.25,) * number,
        finish="stop",
        prompt_tokens=number,
    )


def _key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _store_bytes() -> bytes:
    with tempfile.TemporaryDirectory(prefix="reasoning-fuzz-") as folder:
        store = Store(Path(folder), warn=_no_warning)
        for number in range(ROWS):
            store.put(_key(number), _completion(number))
        store.put_facts("m", {"backend": "cpu"})
        store.close()
        with sqlite3.connect(Path(folder) / FILE) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        database.close()
        return (Path(folder) / FILE).read_bytes()


STATEMENTS = [
    "UPDATE completions SET body = 'text'",
    "UPDATE completions SET body = x''",
    "UPDATE completions SET body = NULL",
    "UPDATE completions SET checksum = 'x'",
    "UPDATE completions SET checksum = -1e300",
    "UPDATE completions SET key = x'00' WHERE rowid = 1",
    "UPDATE completions SET body = (SELECT body FROM completions LIMIT 1)",
    "UPDATE completions SET used_day = 'never'",
    "UPDATE starts SET facts = '5'",
    "UPDATE starts SET facts = x'ff'",
    "UPDATE starts SET facts = printf('%.*c', 100000, '[')",
    "DROP TABLE starts",
    "DROP TABLE completions",
    "CREATE TRIGGER t AFTER INSERT ON completions BEGIN DELETE FROM completions; END",
    "PRAGMA user_version = 99",
]
"Changes that leave the file whole; the store's own checks must see them."


def _no_warning(text: str) -> None:
    raise AssertionError(text)


@contextmanager
def _stores() -> Iterator[Check]:
    whole = _store_bytes()
    keys = [_key(number) for number in range(ROWS)]

    def check(asked: tuple[list[str], list[tuple[str, int, int, bytes]]]) -> None:
        statements, changes = asked
        with tempfile.TemporaryDirectory(prefix="reasoning-fuzz-") as folder:
            path = Path(folder) / FILE
            path.write_bytes(whole)
            with closing(sqlite3.connect(path, isolation_level=None)) as database, suppress(sqlite3.Error):
                for statement in statements:
                    database.execute(statement)
            for log in Path(folder).glob(f"{FILE}-*"):
                log.unlink()
            path.write_bytes(mutated_bytes(path.read_bytes(), changes))
            said: list[str] = []
            store = Store(Path(folder), warn=said.append)
            for key, found in store.get(keys).items():
                kept = _completion(int.from_bytes(key, "big"))
                assert (found.text, found.tokens, found.logprobs) == (kept.text, kept.tokens, kept.logprobs)
            store.facts("m")
            store.put(_key(99), _completion(9))
            assert all(found.text == _completion(9).text for found in store.get([_key(99)]).values())
            store.close()
            assert len(said) <= 2
            assert all("\n" not in line for line in said)

    yield check


def _row(number: int, model: str) -> CaseResult:
    return CaseResult(
        suite="s",
        strategy="direct",
        model=model,
        case=f"case-{number}",
        content="0123456789ab",
        instance="01234567",
        prompt="01234567",
        scorer="01234567",
        sampling="01234567",
        completion="01234567",
        correct=number % 2,
        samples=1 + number % 3,
        status="correct" if number % 2 else "wrong",
        answer=None if number % 4 == 0 else f"answer \u202e {number}\t…",
        target_logprob=None if number % 3 else -number / 7,
    )


BASELINE_TEXT = baseline_text(
    Baseline(
        rows=tuple(_row(number, model) for number in range(4) for model in ("a", "b")),
        facts={"a": {"weights file": "aaaa"}},
        noise={"a": NoiseFloor(compared=300, identical=298, first_token=12, margin=0.031)},
    )
)
BASELINE_TOKENS = [
    "\t", "\n", "\t\t", "<<<<<<< HEAD\n", "=======\n", "case\t", "fact\t", "noise\t", "# pytest-reasoning baseline", "1/2 ", "0/0 ",
    "9" * 5000, "nan", "inf", "-1", '"', '\\"', "\\u", "\\ud800", "\\", "…", "\x00", "\r\n", "\ufeff", "\u2028", "correct", "error",
]  # fmt: skip


@contextmanager
def _baselines() -> Iterator[Check]:
    def check(text: str) -> None:
        try:
            read = parse_baseline(text, "b.txt")
        except ReasoningError as error:
            assert "\n" not in str(error)
            assert str(error).startswith("b.txt:")
            assert str(error).endswith(")")
        else:
            again = parse_baseline(baseline_text(read), "b.txt")
            assert len(again.rows) == len(read.rows)
            assert {
                (row.suite, row.strategy, row.model, row.case, row.correct, row.samples) for row in again.rows
            } == {(row.suite, row.strategy, row.model, row.case, row.correct, row.samples) for row in read.rows}

    yield check


REPORT_TEXT = results_text(sample_report(cases=2))
REPORT_TOKENS = [
    "{", "}", "[", "]", ",", ":", '"', "null", "true", "-1", "1e999", "NaN", "Infinity", "0.5", "9" * 5000, "[" * 2000, '{"a":' * 2000,
    '"status": "error"', '"outcomes": [', '"rate": 2', '"\\ud800"', "\\u202e", "\x00", "\ufeff", "<script>", '"model": ""', '"version": 2,',
    '"total": 0', '"samples": -3', '"interval": [1, 0]',
]  # fmt: skip


@contextmanager
def _reports() -> Iterator[Check]:
    def check(text: str) -> None:
        try:
            read = parse_results(text, "r.json")
        except ReportError as error:
            assert "\n" not in str(error)
            assert str(error).startswith("r.json")
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            markdown_report(read)
        parse_results(results_text(read), "r.json")

    yield check


STORE = Target(
    name="store file",
    what=f"the database of {ROWS} completions: 15 changes by SQL; bytes put in, left out, replaced, cut off",
    promise="each completion as it was put there, or none; the run goes on with at most two warnings",
    inputs=st.tuples(
        st.lists(st.sampled_from(STATEMENTS), max_size=2),
        st.one_of(st.just([]), bytes_mutations(60_000)),
    ),
    open=_stores,
    limit_s=2,
    examples=150,
)
BASELINE = Target(
    name="baseline file",
    what="a baseline of two models: conflict markers, fields, numbers and bytes changed",
    promise="rows that are written and read again alike, or one line of error with file and line",
    inputs=st.builds(mutated_text, st.just(BASELINE_TEXT), mutations(BASELINE_TOKENS)),
    open=_baselines,
    limit_s=1,
    examples=400,
)
REPORT = Target(
    name="report JSON",
    what="a report of two suites and five models: structure, numbers and texts changed",
    promise="a report that can be shown and written again, or one line of error",
    inputs=st.builds(mutated_text, st.just(REPORT_TEXT), mutations(REPORT_TOKENS)),
    open=_reports,
    limit_s=3,
    examples=150,
)
