"""The rooms of the house import only downwards (docs/how-it-works.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pytest_reasoning

PACKAGE = Path(pytest_reasoning.__file__).parent
FLOORS = {
    "errors": 0,
    "records": 0,
    "printable": 0,
    "hookspecs": 0,
    "file_hashes": 0,
    "sources": 0,
    "options": 1,
    "suite": 1,
    "prompting": 1,
    "scoring": 1,
    "stats": 1,
    "models": 1,
    "engine": 1,
    "verdict": 2,
    "quantise_options": 3,
    "xdist_scheduler": 3,
    "items": 3,
    "report": 3,
    "baselines": 4,
    "model_list": 4,
    "quantization_hooks": 4,
    "run_options": 4,
    "plugin": 5,
    "cli": 5,
}


def imported_modules(path: Path) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            base = node.module or ""
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
    return found


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "pytest_reasoning" and len(parts) > 1 else None


SOURCES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    here = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if here == "__init__":
        return
    for line, module in imported_modules(path):
        there = room_of(module)
        if there is None or there == here:
            continue
        assert FLOORS[there] < FLOORS[here] or FLOORS[there] == 0, f"{path}:{line}: {here} imports {there}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_engine_touches_llama_cpp(path: Path) -> None:
    if path.relative_to(PACKAGE).as_posix() == "engine/llama.py":
        return
    assert not [line for line, module in imported_modules(path) if module.split(".")[0] == "llama_cpp"]
