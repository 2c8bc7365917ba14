"""Puts a benchmark's result into a page of the documentation, with the machine it was measured on."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from pathlib import Path

from pytest_reasoning.engine.machine.cores import processor_name
from pytest_reasoning.engine.machine.gpus import gpu_names, has_gpu_library


def machine(threads: int) -> str:
    """Return the machine in words, with the number of threads used on it and today's date."""
    device = f"{gpu_names()}, {processor_name()}" if has_gpu_library() else processor_name()
    system = f"{os.cpu_count()} processors, {threads} threads, {platform.system()}"
    return f"{device}, {system}, {datetime.now(timezone.utc):%Y-%m-%d}"


def put_section(path: Path, title: str, text: str) -> None:
    """Replace the section between this benchmark's markers in a document, or append it."""
    begin, end = f"<!-- benchmark: {title} -->", f"<!-- end: {title} -->"
    section = f"{begin}\n{text}\n{end}\n"
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if begin in old and end in old:
        new = old[: old.index(begin)] + section + old[old.index(end) + len(end) + 1 :]
    else:
        new = old + ("\n" if old else "") + section
    path.write_text(new, encoding="utf-8")
