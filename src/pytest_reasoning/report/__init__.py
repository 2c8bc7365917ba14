"""Turns results into the terminal summary, the progress line and report files; text is returned, never printed."""

from pytest_reasoning.report.assembly import bare_results, results_of
from pytest_reasoning.report.document import ReportError, read_results, report_schema, results_text
from pytest_reasoning.report.files import check_report_files, write_report_files
from pytest_reasoning.report.github import append_job_summary
from pytest_reasoning.report.history_file import append_run
from pytest_reasoning.report.merge import merged_results
from pytest_reasoning.report.notebook import Report, read_report, report_of
from pytest_reasoning.report.results import Measured, Results, ShownPrompt
from pytest_reasoning.report.shards import MergedRun, merged_shards
from pytest_reasoning.report.side_by_side import SideBySide, overlap, side_by_side
from pytest_reasoning.report.signatures import check_key, sign, signer_of
from pytest_reasoning.report.terminal.bars import ModelBar, ProgressBars, time_left
from pytest_reasoning.report.terminal.closing import closing_lines
from pytest_reasoning.report.terminal.comparisons import comparison_summary
from pytest_reasoning.report.terminal.console import ascii_of
from pytest_reasoning.report.terminal.fallbacks import fallback_lines
from pytest_reasoning.report.terminal.highlights import highlights
from pytest_reasoning.report.terminal.misses import missed_lines
from pytest_reasoning.report.terminal.plan import plan_text
from pytest_reasoning.report.terminal.profile import profile_text
from pytest_reasoning.report.terminal.progress import ProgressLine
from pytest_reasoning.report.terminal.quantization import quantization_summary
from pytest_reasoning.report.terminal.summary import header, left_out_lines, quiet_summary, sample_lines, summary

__all__ = [
    "Measured",
    "MergedRun",
    "ModelBar",
    "ProgressBars",
    "ProgressLine",
    "Report",
    "ReportError",
    "Results",
    "ShownPrompt",
    "SideBySide",
    "append_job_summary",
    "append_run",
    "ascii_of",
    "bare_results",
    "check_key",
    "check_report_files",
    "closing_lines",
    "comparison_summary",
    "fallback_lines",
    "header",
    "highlights",
    "left_out_lines",
    "merged_results",
    "merged_shards",
    "missed_lines",
    "overlap",
    "plan_text",
    "profile_text",
    "quantization_summary",
    "quiet_summary",
    "read_report",
    "read_results",
    "report_of",
    "report_schema",
    "results_of",
    "results_text",
    "sample_lines",
    "side_by_side",
    "sign",
    "signer_of",
    "summary",
    "time_left",
    "write_report_files",
]
