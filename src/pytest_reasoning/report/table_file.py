"""All outcomes as one table in CSV or Parquet, for notebooks and spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from pytest_reasoning.records import Divergence, Outcome
from pytest_reasoning.report.document import ReportError
from pytest_reasoning.report.results import Results
from pytest_reasoning.text.unicode import valid_text

COLUMNS = (
    "nodeid", "suite", "case", "strategy", "model", "n_params", "quantization", "sample", "status", "target",
    "answer", "completion", "explanation", "prompt_tokens", "completion_tokens", "thinking_tokens", "elapsed_s",
    "cached", "target_logprob", "origin", "group", "variant_of", "kl", "same_top",
)  # fmt: skip


def table_file(results: Results, path: Path) -> bytes:
    """Return the content for a file of this name: `.csv` or `.parquet`.

    Raises:
        ReportError: the path has another ending, or pyarrow is not installed.
    """
    check_table_path(path)
    return _parquet(results) if path.suffix == ".parquet" else _csv(results)


def check_table_path(path: Path) -> None:
    """Raise `ReportError` if no table can be written to a file of this name."""
    if path.suffix not in (".csv", ".parquet"):
        raise ReportError(
            f"{path.name}: not a .csv or .parquet file (a table of outcomes needs one of these endings)"
        )
    if path.suffix == ".parquet":
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError:
            raise ReportError(
                f"{path.name}: Parquet needs pyarrow, which is not installed "
                "(pip install 'pytest-reasoning[parquet]')"
            ) from None


def _rows(results: Results) -> list[dict[str, object]]:
    facts = {model.name: model for model in results.models}
    figures = {
        _place(one): (one.figures.kl / one.figures.tokens, one.figures.agreed / one.figures.tokens)
        for one in results.divergences
        if one.figures.tokens
    }
    rows: list[dict[str, object]] = []
    for outcome in (*results.outcomes, *results.fresh):
        row: dict[str, object] = {name: getattr(outcome, name, None) for name in COLUMNS}
        model = facts.get(outcome.model)
        row["n_params"] = model.n_params if model else None
        row["quantization"] = model.quantization if model else None
        row["variant_of"] = model.variant_of if model else None
        row["kl"], row["same_top"] = figures.get(_place(outcome), (None, None))
        rows.append(row)
    return rows


def _place(row: Outcome | Divergence) -> tuple[str, str, str, str, int]:
    return row.model, row.suite, row.case, row.strategy, row.sample


def _csv(results: Results) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in _rows(results):
        target = row["target"]
        assert isinstance(target, Sequence)
        writer.writerow(row | {"target": "|".join(target)})
    return valid_text(buffer.getvalue()).encode()


def _parquet(results: Results) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{key: _valid(value) for key, value in row.items()} for row in _rows(results)]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer)
    return buffer.getvalue()


def _valid(value: object) -> object:
    """Return a cell in a form that Parquet accepts: lists for tuples, and text without unpaired surrogates."""
    if isinstance(value, tuple):
        return [_valid(one) for one in value]
    return valid_text(value) if isinstance(value, str) else value
