"""Reads the rows of a data set (JSON, JSONL, CSV, TSV or Parquet) as variables of cases."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_reasoning.suite.datasets.files import DatasetFault, located
from pytest_reasoning.suite.datasets.foreign import ForeignFault, big_bench_rows, lm_eval_task
from pytest_reasoning.suite.format.datasets import DatasetSpec
from pytest_reasoning.suite.format.schema import CaseSpec
from pytest_reasoning.suite.generate.random_stream import RandomStream
from pytest_reasoning.suite.templates.templates import TemplateFault, evaluate
from pytest_reasoning.text.unicode import json_of

ENDINGS = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".yaml": "lm-eval",
    ".yml": "lm-eval",
}
MOST_FAULTS = 20
"Most faulty rows that messages name individually."


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRow:
    """One row of a data set, before it becomes a case."""

    number: int
    "Row number in the file, counted from 1 before any rows are left out."
    line: int
    "Line in the file, counted from 1; the row number if the format has no lines."
    name: str
    variables: Mapping[str, Any]
    overrides: CaseSpec = field(default_factory=CaseSpec)


def rows_of(
    spec: DatasetSpec, folder: Path, *, offline: bool = False, within: Path | None = None
) -> tuple[list[DataRow], list[str]]:
    """Return the rows that a suite selects, and a message for each row that `on_error: skip` left out.

    Relative paths refer to `folder`; `offline` and `within` are passed to `located`.

    Raises:
        DatasetFault: the file cannot be read, or some of its rows are faulty (one argument for each row).
    """
    path = located(spec.file, folder, offline=offline, within=within)
    form = spec.format or ENDINGS.get(path.suffix.lower())
    if form is None:
        raise DatasetFault(f"{spec.file}: no format known for '{path.suffix}' (set `format`)")
    overrides = CaseSpec()
    try:
        if form == "lm-eval":
            task = lm_eval_task(path.read_text(encoding="utf-8-sig"))
            overrides = task.overrides
            path = located(task.data_file, path.parent, offline=offline, within=within)
            form = ENDINGS.get(path.suffix.lower(), "json")
            form = "json" if form == "lm-eval" else form
        records = list(_records(path, form, spec.file, guess=spec.format is None))
    except ForeignFault as fault:
        raise DatasetFault(f"{spec.file}: {fault}") from None
    except OSError as error:
        raise DatasetFault(
            f"{spec.file}: cannot be read: {error.strerror} (paths are relative to the suite)"
        ) from None
    except UnicodeDecodeError as error:
        raise DatasetFault(f"{spec.file}: byte {error.start} is not UTF-8 (save the file as UTF-8)") from None
    rows, faults = [], []
    for number, (line, record) in enumerate(records, start=1):
        try:
            row = _row(spec, number, line, record, overrides)
        except (DatasetFault, TemplateFault) as fault:
            faults.append(str(fault) if isinstance(fault, DatasetFault) else f"{spec.file}:{line}: {fault}")
            continue
        if row is not None:
            rows.append(row)
    if faults and spec.on_error == "stop":
        more = [f"{len(faults) - MOST_FAULTS} more rows are faulty"] if len(faults) > MOST_FAULTS else []
        raise DatasetFault(*faults[:MOST_FAULTS], *more)
    if spec.shuffle is not None:
        rows = RandomStream("shuffle", spec.shuffle).sample(rows, len(rows))
    rows = rows[spec.offset : None if spec.limit is None else spec.offset + spec.limit]
    if not rows:
        raise DatasetFault(f"{spec.file}: no row is left (loosen `where`, lower `offset`)")
    return rows, faults


def _row(spec: DatasetSpec, number: int, line: int, record: Any, overrides: CaseSpec) -> DataRow | None:
    if isinstance(record, DatasetFault):
        raise record
    if not isinstance(record, dict):
        raise TemplateFault(f"a row is a mapping of columns, not {type(record).__name__} (see `format`)")
    variables = {str(key): value for key, value in record.items()}
    for name, source in spec.fields.items():
        variables[name] = variables[source] if source in variables else _field(name, source, variables)
    scope = {**variables, "row": number}
    if not all(evaluate(condition, scope) for condition in spec.where):
        return None
    name = str(evaluate(spec.id, scope)) if spec.id is not None else f"row-{number}"
    return DataRow(number=number, line=line, name=name, variables=variables, overrides=overrides)


def _field(name: str, source: str, variables: Mapping[str, Any]) -> Any:
    try:
        return evaluate(source, variables)
    except TemplateFault as fault:
        raise TemplateFault(f"fields.{name}: {fault}") from None


def _records(path: Path, form: str, shown: str, *, guess: bool) -> Iterator[tuple[int, Any]]:
    """Yield each record with its line, or a `DatasetFault` for a record that cannot be read."""
    if form == "parquet":
        yield from enumerate(_parquet(path, shown), start=1)
    elif form == "jsonl":
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    try:
                        yield number, _json(line, shown, number)
                    except DatasetFault as fault:
                        yield number, fault
    elif form in ("csv", "tsv"):
        text = io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")
        reader = csv.DictReader(text, delimiter="," if form == "csv" else "\t", strict=True)
        try:
            for record in reader:
                if None in record or None in record.values():
                    what = f"the row has not {len(reader.fieldnames or ())} columns like the head"
                    where = f"{shown}:{reader.line_num}"
                    yield reader.line_num, DatasetFault(f"{where}: {what} (quote texts that hold the separator)")
                    continue
                yield reader.line_num, record
        except csv.Error as error:
            raise DatasetFault(
                f"{shown}:{reader.line_num}: {error} (quote texts that hold the separator)"
            ) from None
    else:
        data = _json(path.read_text(encoding="utf-8-sig"), shown, 0)
        if form == "big-bench" or (guess and isinstance(data, dict) and "examples" in data):
            data = big_bench_rows(data)
        if not isinstance(data, list):
            raise DatasetFault(f"{shown}: the JSON is not a list of rows (wrap it in [ ], or use .jsonl)")
        yield from enumerate(data, start=1)


def _json(text: str, shown: str, line: int) -> Any:
    try:
        return json_of(text)
    except RecursionError:
        raise DatasetFault(f"{shown}:{line}: nested too deeply (flatten it)") from None
    except ValueError as error:
        place = line or getattr(error, "lineno", 0)
        raise DatasetFault(f"{shown}:{place}: not valid JSON: {error} (check quotes and commas)") from None


def _parquet(path: Path, shown: str) -> list[dict[str, Any]]:
    try:
        from pyarrow import parquet  # optional, and slow to import
    except ImportError:
        raise DatasetFault(f"{shown}: needs pyarrow (pip install 'pytest-reasoning[parquet]')") from None
    try:
        rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    except Exception as error:  # pyarrow raises its own exceptions and ValueError
        raise DatasetFault(f"{shown}: not a Parquet file: {str(error).splitlines()[0]} (check `format`)") from None
    return rows
