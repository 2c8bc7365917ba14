"""Which environment variables an engine on a node of a Ray cluster gets."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_reasoning.engine.process.child import ENVIRONMENT
from pytest_reasoning.engine.store.keys import DECIDING_VARIABLES, GPU_CHOICES

COMMON_VARIABLES = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_", "LANGUAGE", "TZ", "TMP", "TEMP", "TMPDIR", "XDG_"),
    *("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "APPDATA", "LOCALAPPDATA"),
    *("USERPROFILE", "PROGRAMDATA", "COMSPEC", "PATHEXT"),
)
"Prefixes of the environment variables that any process needs."


def common_variables(environ: Mapping[str, str], *others: str) -> dict[str, str]:
    """Return those environment variables that a process needs, that decide completions, or that `others` begin."""
    wanted = (*COMMON_VARIABLES, *DECIDING_VARIABLES, *others)
    return {name: value for name, value in environ.items() if name.startswith(wanted)}


def engine_variables(environ: Mapping[str, str], *, gpus: bool) -> dict[str, str]:
    """Return the environment variables of an actor's engine: no keys, and nothing that Ray sets for itself."""
    found = {**ENVIRONMENT, **common_variables(environ)}
    # Ray sets it to the number of CPUs asked for; how many threads there are is the engine's own choice.
    found.pop("OMP_NUM_THREADS", None)
    return found if gpus else {**found, **dict.fromkeys(GPU_CHOICES, "")}
