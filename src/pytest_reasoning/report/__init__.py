"""Results → terminal summary, progress line and report files: text is returned, never printed."""

from pytest_reasoning.report.document import Report, ReportError, parse_report
from pytest_reasoning.report.files import check_report_files, write_report_files
from pytest_reasoning.report.github import append_job_summary
from pytest_reasoning.report.json_report import json_report
from pytest_reasoning.report.results import Results
from pytest_reasoning.report.terminal.comparisons import comparison_summary
from pytest_reasoning.report.terminal.fallbacks import fallback_lines
from pytest_reasoning.report.terminal.highlights import highlights
from pytest_reasoning.report.terminal.misses import missed_lines
from pytest_reasoning.report.terminal.progress import ProgressLine
from pytest_reasoning.report.terminal.quantization import quantization_summary
from pytest_reasoning.report.terminal.summary import header, left_out_lines, quiet_summary, summary

__all__ = [
    "ProgressLine",
    "Report",
    "ReportError",
    "Results",
    "append_job_summary",
    "check_report_files",
    "comparison_summary",
    "fallback_lines",
    "header",
    "highlights",
    "json_report",
    "left_out_lines",
    "missed_lines",
    "parse_report",
    "quantization_summary",
    "quiet_summary",
    "summary",
    "write_report_files",
]
