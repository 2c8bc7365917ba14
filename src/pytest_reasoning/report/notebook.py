"""The report as Python code and notebooks get it: the document, which also prints, renders and writes itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from html import escape
from os import PathLike
from pathlib import Path

from pytest_reasoning.report.document import ReportError, read_results
from pytest_reasoning.report.files import check_report_files, write_report_files
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.tables.formats import interval
from pytest_reasoning.report.tables.models import model_rows
from pytest_reasoning.report.tables.rates import MARKS, rate_text
from pytest_reasoning.report.terminal.summary import summary
from pytest_reasoning.text.wording import counted, printable
from pytest_reasoning.verdict import PassRate, PassRateRow

_WIDTH = 100
"Width in columns of `str(report)`."


@dataclass(frozen=True, kw_only=True, repr=False)
class Report(Results):
    """A report: `print(report)` shows its summary, a notebook shows a table, and `write` makes files of it.

    Its fields are those of the JSON report. `outcomes` holds a record for each completion that was scored, so
    `pandas.DataFrame(report.outcomes)` is a table of them. `rates` holds the pass rates with their intervals.
    """

    def write(
        self,
        *,
        json: str | PathLike[str] | None = None,
        html: str | PathLike[str] | None = None,
        markdown: str | PathLike[str] | None = None,
        gitlab: str | PathLike[str] | None = None,
        table: str | PathLike[str] | None = None,
    ) -> None:
        """Write the report to files, as `pytest-reasoning report` does.

        Args:
            json: path of the JSON report, which `read_report` reads again.
            html: path of the page.
            markdown: path of the summary in Markdown.
            gitlab: path of the findings as GitLab reads them (Code Quality).
            table: path of the table of outcomes, which ends in `.csv` or `.parquet`.

        Raises:
            ReportError: a file cannot be made or written.
        """
        given = {"json": json, "html": html, "markdown": markdown, "gitlab": gitlab, "table": table}
        paths = {kind: Path(path) for kind, path in given.items() if path is not None}
        check_report_files(paths, "")
        if trouble := write_report_files(self, paths, ""):
            raise ReportError("; ".join(trouble))

    def __str__(self) -> str:
        return summary(self, width=_WIDTH, color=False, plain=True)

    def __repr__(self) -> str:
        models = ", ".join(printable(model.name) for model in self.models)
        return f"<Report of {models}: {counted(len(self.outcomes), 'outcome')}>"

    def _repr_html_(self) -> str:
        """Return the table of pass rates as HTML, which notebooks show instead of the text."""
        sizes = {row["name"]: f"{row['params']} {row['type']}" for row in model_rows(self)}
        names = [printable(name) for name in self.rates.models]
        heads = ["suite", "strategy", *names]
        shown = "".join(f'<th title="{escape(sizes.get(name, ""))}">{escape(name)}</th>' for name in heads)
        rows = "".join(_row(row, self.rates.models) for row in self.rates.rows)
        return f"<table><thead><tr>{shown}</tr></thead><tbody>{rows}</tbody></table>"


def read_report(path: str | PathLike[str]) -> Report:
    """Read a report from a file that `--reasoning-json` wrote.

    Raises:
        ReportError: the file cannot be read, or holds no report.
    """
    return report_of(read_results(Path(path)))


def report_of(results: Results) -> Report:
    """Return the same document as a report for Python code."""
    return Report(**{one.name: getattr(results, one.name) for one in fields(results)})


def _row(row: PassRateRow, models: Sequence[str]) -> str:
    names = "".join(f"<td>{escape(printable(text))}</td>" for text in (row.suite, row.strategy))
    return f"<tr>{names}{''.join(_cell(row.cells.get(model)) for model in models)}</tr>"


def _cell(cell: PassRate | None) -> str:
    if cell is None:
        return "<td></td>"
    between = f", 95 % interval {interval(cell.interval)}" if cell.interval is not None else ""
    detail = f"{cell.correct} of {cell.total} correct{between}"
    return f'<td title="{detail}">{escape(f"{rate_text(cell)} {MARKS[cell.verdict]}".strip())}</td>'
