"""A child that a launcher starts somewhere else: `ssh host`, `srun -n1 --gres=gpu:1`."""

from __future__ import annotations

import base64
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from pytest_reasoning.engine.elsewhere.files import FileGroup, paths_of, piece
from pytest_reasoning.engine.process.child import Child, Program
from pytest_reasoning.engine.process.dialog import ChildFailed, Dialog
from pytest_reasoning.engine.process.wire import Message
from pytest_reasoning.text.versions import installed_version

MODULE = "pytest_reasoning.engine.elsewhere.launched"
CLOSE_S = 5.0
"A launcher has to end a process on another machine before it ends itself."


class Launcher:
    """Starts the children of one model with a prefix."""

    def __init__(self, prefix: Sequence[str], python: str | None, groups: Sequence[FileGroup]) -> None:
        """Take the launcher's words, the path of Python there (None: that of this one), and the files."""
        self._prefix = tuple(prefix)
        self._python = python or sys.executable
        self._groups = groups

    def start(self, task: Message, overhear: Callable[[Message], None]) -> Dialog:
        """Start a child; raises ChildFailed if there is no such launcher."""
        whole = {
            **task,
            "files": [asdict(group) for group in self._groups],
            "version": installed_version("pytest-reasoning"),
            "replicas_here": 1,
        }
        program = Program(command=(*self._prefix, self._python, "-m", MODULE), close_s=CLOSE_S, noisy=True)
        try:
            return _Launched(whole, program, paths_of(self._groups), overhear)
        except OSError as error:
            raise ChildFailed(
                f"launch {shlex.join(self._prefix)!r}: cannot start {self._prefix[0]!r}: {error.strerror} "
                "(correct `launch` in the models file)"
            ) from None


class _Launched(Child):
    """A child that may ask for files."""

    def __init__(
        self, task: Message, program: Program, paths: Mapping[str, str], overhear: Callable[[Message], None]
    ) -> None:
        self._paths = paths
        self._others = overhear
        super().__init__(task, program=program, overhear=self._answer)

    def _answer(self, message: Message) -> None:
        if message["op"] == "need":
            data = base64.b64encode(piece(self._paths, message)).decode("ascii")
            self.send({"op": "piece", "data": data})
        else:
            self._others(message)
