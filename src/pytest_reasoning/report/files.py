"""The report files a run or the console command was asked for → checked before, written after."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytest_reasoning.report.document import Report, ReportError
from pytest_reasoning.text.files import write_whole

KINDS = ("json", "html", "markdown", "table")
"Each is an option, `--reasoning-KIND=PATH`, and one of the command `pytest-reasoning report`, `--KIND PATH`."


def check_report_files(paths: Mapping[str, Path], prefix: str = "--reasoning-") -> None:
    """Make the folders and see that what is asked for can be made, before anything is measured.

    Raises:
        ReportError: the folder cannot be made, the ending is unknown, or a library is missing.
    """
    for kind, path in paths.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ReportError(f"{prefix}{kind}: cannot make the folder {path.parent}: {error.strerror}") from None
    if "html" in paths:
        from pytest_reasoning.report.html import require_matplotlib

        require_matplotlib()
    if "table" in paths:
        from pytest_reasoning.report.table_file import check_table_path

        check_table_path(paths["table"])


def write_report_files(
    report: Report, text: str, paths: Mapping[str, Path], prefix: str = "--reasoning-"
) -> list[str]:
    """Write each file whole or not at all; return one message per file that could not be written.

    Args:
        report: what the files are made from.
        text: the same as JSON.
        paths: by kind.
        prefix: of the options, for messages.
    """
    trouble = []
    for kind, path in paths.items():
        content = text.encode() if kind == "json" else _content(kind, report, path)
        try:
            _write(path, content)
        except OSError as error:
            trouble.append(f"{prefix}{kind}: cannot write {path}: {error.strerror}")
    return trouble


def _write(path: Path, content: bytes) -> None:
    if path.exists() and not path.is_file():  # /dev/stdout cannot be replaced
        path.write_bytes(content)
        return
    write_whole(path, content)


def _content(kind: str, report: Report, path: Path) -> bytes:
    if kind == "html":
        from pytest_reasoning.report.html import html_report

        return html_report(report).encode()
    if kind == "markdown":
        from pytest_reasoning.report.markdown import markdown_report

        return markdown_report(report).encode()
    from pytest_reasoning.report.table_file import table_file

    return table_file(report, path)
