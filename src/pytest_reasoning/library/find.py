"""Resolves names of suites and tags to files of the library."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pytest_reasoning.library.catalog import FAMILIES, FOLDER, LANGUAGES, SUITES
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.text.wording import suggestion

_PREFIX = "library/"
"Beginning of the node ids of the library's suites."


def find(names: Iterable[str]) -> list[Path]:
    """Return the files of the named suites, each once, in the order of the library.

    A name is `all`, a suite (`last-letters`, `last-letters-pt`), or a tag (`core`, `letters`). A tag selects
    the suites in English, `core/pt` those in Portuguese, and `pt` all suites in Portuguese.

    Raises:
        ReasoningError: no suite or tag has one of the names.
    """
    wanted: set[Path] = set()
    for name in names:
        found = _named(name)
        if not found:
            known = ["all", *LANGUAGES, *sorted({tag for family in FAMILIES for tag in family.tags})]
            what = f"no suite or tag of the library is named '{name}'"
            raise ReasoningError(f"{what} ({suggestion(name.partition('/')[0], known)})")
        wanted |= found
    every = [family.path(language) for language in LANGUAGES for family in FAMILIES]
    return [path for path in every if path in wanted]


def node_id(path: Path) -> str:
    """Return the node id of a suite of the library, such as library/en/last-letters.yaml."""
    return f"{_PREFIX}{path.relative_to(FOLDER).as_posix()}"


def file_of(file: str) -> Path | None:
    """Return the path of a library suite by its node id; None for suites of other files."""
    return FOLDER / file.removeprefix(_PREFIX) if file.startswith(_PREFIX) else None


def _named(name: str) -> set[Path]:
    tag, _, language = name.partition("/")
    if name in LANGUAGES:
        tag, language = "all", name
    if language and language not in LANGUAGES:
        return set()
    if name in SUITES:
        return {SUITES[name]}
    return {family.path(language or "en") for family in FAMILIES if tag == "all" or tag in family.tags}
