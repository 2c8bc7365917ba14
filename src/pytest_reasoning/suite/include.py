"""`include`: keys from other files, used where the suite does not have them itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_reasoning.suite.reach import why_out_of_reach
from pytest_reasoning.text.errors import Problem, SuiteError
from pytest_reasoning.text.files import is_file
from pytest_reasoning.text.yaml import MarkedMap, parse, place_of, read_text

NOT_INCLUDED = ("suite", "include", "cases")
"Keys that an included file may not have, since they belong to one suite."


def included(data: Any, folder: Path, display: str, *, within: Path | None = None) -> tuple[Any, dict[str, str]]:
    """Return the data with included keys added, and for each top-level key its file ('' for the suite itself).

    Args:
        data: the suite's data.
        folder: the folder to which relative paths refer.
        display: the suite's name in messages.
        within: the folder in which included files must be; None allows any.

    Raises:
        SuiteError: an included file cannot be read, or has a key that it may not have.
    """
    files = {"": display}
    names = data.get("include") if isinstance(data, MarkedMap) else None
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return data, files  # validation reports what is wrong with it, if anything
    merged = MarkedMap(data.place)
    merged.update(data)
    merged.keys_at, merged.values_at = dict(data.keys_at), dict(data.values_at)
    for position, name in enumerate(names):
        line, column = place_of(data, ("include", position) if isinstance(data["include"], list) else ("include",))
        path = folder / name
        if (why_not := why_out_of_reach(path, name, within)) is not None:
            message = f"include: {why_not}"
            raise SuiteError([Problem(file=display, line=line, column=column, message=message)])
        if not is_file(path):
            message = f"include: there is no file '{name}' (paths are relative to this suite)"
            raise SuiteError([Problem(file=display, line=line, column=column, message=message)])
        shown = str(Path(display).parent / name)
        other = parse(read_text(path, shown), shown)
        if not isinstance(other, MarkedMap):
            raise SuiteError([Problem(file=shown, line=1, message="no mapping of suite keys (write `key: value`)")])
        for key, value in other.items():
            if key in NOT_INCLUDED:
                message = f"'{key}' cannot come from an included file (move it to {display})"
                raise SuiteError(
                    [Problem(file=shown, line=other.keys_at[key][0], column=other.keys_at[key][1], message=message)]
                )
            if key not in merged:
                merged[key], files[key] = value, shown
                merged.keys_at[key], merged.values_at[key] = other.keys_at[key], other.values_at[key]
    return merged, files
