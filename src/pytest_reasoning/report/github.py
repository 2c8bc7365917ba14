"""The results in GitHub Actions: the job summary, and annotations at what failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pytest_reasoning.report.findings import Finding, findings
from pytest_reasoning.report.markdown.summary import markdown_report
from pytest_reasoning.report.markdown.writing import escaped
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.tables.verdicts import verdict_texts
from pytest_reasoning.text.unicode import valid_text
from pytest_reasoning.text.wording import printable

_MOST = 10
"GitHub shows at most this many error annotations per step."


def append_job_summary(results: Results, environment: Mapping[str, str], warn: Callable[[str], None]) -> list[str]:
    """Append the summary to the file that GitHub's environment names; return the annotations to print.

    Args:
        results: the report document.
        environment: the process's environment variables.
        warn: called with each warning.
    """
    target = environment.get("GITHUB_STEP_SUMMARY")
    if target and results.outcomes:
        try:
            with Path(target).open("a", encoding="utf-8") as file:
                file.write(valid_text(job_summary(results)))
        except OSError as error:
            warn(f"GITHUB_STEP_SUMMARY: cannot write {target}: {error.strerror}")
        except Exception as error:  # A fault in the summary must not stop the end of the run.
            warn(f"GITHUB_STEP_SUMMARY: cannot make it: {printable(f'{type(error).__name__}: {error}')}")
    return github_annotations(results) if environment.get("GITHUB_ACTIONS") == "true" else []


def github_annotations(results: Results) -> list[str]:
    """Return a workflow command for each of the first findings, regressions first."""
    return [_command(one) for one in findings(results)[:_MOST]]


def job_summary(results: Results) -> str:
    """Return the Markdown summary, what failed first; one line if nothing did."""
    if results.verdict in ("passed", "skipped"):
        text, detail = verdict_texts(results)
        return f"**Reasoning: {text.lower()}.** {escaped(detail[:1].upper() + detail[1:])}.\n"
    return markdown_report(results)


def _command(one: Finding) -> str:
    line = f"line={one.line}," if one.line else ""
    place = f"file={_property(one.path)},{line}" if one.path else ""
    return f"::error {place}title={_property(f'Reasoning, {one.kind}: {one.name}')}::{_data(one.message)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
