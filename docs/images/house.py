"""Draws the rooms of the house and the imports between them into docs/how-it-works.md, as a Mermaid diagram.

    python docs/images/house.py

The floors are those of the layers contract in pyproject.toml; the arrows are the imports that the code has now.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import grimp

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-it-works.md"
BEGIN, END = "<!-- house: made by docs/images/house.py -->\n", "<!-- house: end -->\n"
PACKAGE = "pytest_reasoning"


def floors() -> list[list[str]]:
    """Return the rooms of each floor, the highest floor first, as the layers contract has them."""
    settings: Any = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [[room.strip() for room in layer.split("|")] for layer in layers]


def diagram() -> str:
    """Return the Mermaid text: a box for each room, and an arrow for each room that imports another."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    rooms = [room for floor in floors() for room in floor]
    lines = ["flowchart TD"]
    for number, floor in zip(range(len(floors()) - 1, -1, -1), floors(), strict=True):
        lines += [f'  subgraph floor{number} ["floor {number}"]', "    direction LR"]
        lines += [f'    {room}["{_label(graph, room)}"]' for room in floor]
        lines += ["  end"]
    for importer in rooms:
        for imported in rooms:
            if importer != imported and _imports(graph, importer, imported):
                lines.append(f"  {importer} --> {imported}")
    return "\n".join(lines) + "\n"


def block() -> str:
    """Return the whole block of the page, its marks included."""
    return f"{BEGIN}```mermaid\n{diagram()}```\n{END}"


def with_picture(page: str) -> str:
    """Return the page with the present picture in place of the one it has."""
    before, _, rest = page.partition(BEGIN)
    return before + block() + rest.partition(END)[2]


def _label(graph: grimp.ImportGraph, room: str) -> str:
    inside = sorted(child.rpartition(".")[2] for child in graph.find_children(f"{PACKAGE}.{room}"))
    folders = [name for name in inside if graph.find_children(f"{PACKAGE}.{room}.{name}")]
    return f"{room}<br/><small>{', '.join(folders)}</small>" if folders else room


def _imports(graph: grimp.ImportGraph, importer: str, imported: str) -> bool:
    one, other = f"{PACKAGE}.{importer}", f"{PACKAGE}.{imported}"
    inside = {other, *graph.find_descendants(other)}
    return any(
        graph.find_modules_directly_imported_by(module) & inside
        for module in {one, *graph.find_descendants(one)}
        if module in graph.modules
    )


if __name__ == "__main__":
    PAGE.write_text(with_picture(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
