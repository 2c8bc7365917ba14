"""The report as a Markdown summary."""

from pytest_reasoning.report.markdown.summary import markdown_report

__all__ = ["markdown_report"]
