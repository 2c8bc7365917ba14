"""The report files of a run or of `pytest-reasoning report`: paths are checked first, files written at the end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytest_reasoning.report.document import ReportError, results_text
from pytest_reasoning.report.history_file import read_history
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.side_by_side import SideBySide
from pytest_reasoning.text.files import write_whole
from pytest_reasoning.text.unicode import valid_text
from pytest_reasoning.text.wording import printable

KINDS = ("json", "html", "markdown", "gitlab", "table")
"Kinds of files: `--reasoning-KIND=PATH` in pytest, and `--KIND PATH` of the command `pytest-reasoning report`."


def check_report_files(paths: Mapping[str, Path], prefix: str = "--reasoning-") -> None:
    """Make the folders and check that every report can be made, before anything is measured.

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
    results: Results,
    paths: Mapping[str, Path],
    prefix: str = "--reasoning-",
    *,
    compared: SideBySide | None = None,
    history: Path | None = None,
) -> list[str]:
    """Write each file whole or not at all; return one message per file that could not be written.

    Args:
        results: the report document.
        paths: paths of the files, by kind.
        prefix: start of the option names, for messages.
        compared: the runs that the document is made of, if there are several.
        history: the file of earlier runs that the page shows with each case.
    """
    trouble = []
    for kind, path in paths.items():
        try:
            _write(path, _content(kind, results, path, compared, history))
        except ReportError as error:
            trouble.append(f"{prefix}{kind}: cannot make {path}: {error}")
        except OSError as error:
            trouble.append(f"{prefix}{kind}: cannot write {path}: {error.strerror or error}")
        except Exception as error:  # A fault in one report must not cost the others or the summary.
            said = printable(f"{type(error).__name__}: {error}")
            trouble.append(f"{prefix}{kind}: cannot make {path}: {said} (please report this)")
    return trouble


def _write(path: Path, content: str | bytes) -> None:
    if path.exists() and not path.is_file():  # /dev/stdout cannot be replaced
        path.write_bytes(valid_text(content).encode() if isinstance(content, str) else content)
        return
    write_whole(path, content)


def _content(
    kind: str, results: Results, path: Path, compared: SideBySide | None, history: Path | None
) -> str | bytes:
    if kind == "json":
        return results_text(results)
    if kind == "html":
        from pytest_reasoning.report.html import html_report

        earlier = read_history(history) if history is not None and history.is_file() else None
        return html_report(results, compared=compared, history=earlier)
    if kind == "markdown":
        from pytest_reasoning.report.markdown import markdown_report

        return markdown_report(results)
    if kind == "gitlab":
        from pytest_reasoning.report.gitlab import gitlab_report

        return gitlab_report(results)
    from pytest_reasoning.report.table_file import table_file

    return table_file(results, path)
