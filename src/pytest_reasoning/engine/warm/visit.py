"""Lists the models that are kept loaded between runs, and stops them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from pytest_reasoning.engine.process.wire import decode, encode
from pytest_reasoning.engine.warm.folder import connected, sockets
from pytest_reasoning.engine.warm.host import LONGEST_LINE

ANSWER_S = 5.0
"Seconds that a host has to answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmModel:
    """A model that is kept loaded."""

    model: str
    "The path of its file."
    pid: int | None
    "Its process; None if it is being started."
    in_use: bool
    "Whether a run uses it now."
    left_s: float
    "Seconds until it ends by itself, if no run uses it."


def warm_models(*, stop: bool = False) -> list[WarmModel]:
    """Return the models that are kept loaded; with `stop` those that no run uses end.

    Raises:
        EngineError: the folder of the sockets is not this user's alone.
    """
    found = (_asked(path, "stop" if stop else "status") for path in sockets())
    return [one for one in found if one is not None]


def _asked(path: Path, what: str) -> WarmModel | None:
    connection = connected(path, ANSWER_S)
    if connection is None:
        return None
    with (
        connection,
        connection.makefile("rb") as stream,
        contextlib.suppress(OSError, ValueError, KeyError, TypeError),
    ):
        connection.sendall(encode({"op": what}))
        answer = decode(stream.readline(LONGEST_LINE))
        return WarmModel(**{name: answer[name] for name in ("model", "pid", "in_use", "left_s")})
    return None
