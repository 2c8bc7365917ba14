"""Watches that a model is answered by one class of machine, or says which classes it was answered by."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reasoning.records import MachineClass


class Machines:
    """The classes of machine that the processes of one model run on; the replicas of a model share one."""

    def __init__(self, *, mixed: bool = False) -> None:
        """Take whether they may be of several classes, between which the last bits of an answer may differ."""
        self._mixed = mixed
        self._seen: dict[MachineClass, None] = {}

    @property
    def seen(self) -> tuple[MachineClass, ...]:
        """The classes, in the order in which they came."""
        return tuple(self._seen)

    def refusal(self, machines: Iterable[MachineClass]) -> str:
        """Take the classes that a process states, and return why it may not answer; empty if it may."""
        for one in machines:
            if self._seen and one not in self._seen and not self._mixed:
                return (
                    f"one of its processes runs on another class of machine ({one}) than those before it "
                    f"({self.seen[0]}), so the last bits of answers may differ (let all run on machines alike, or "
                    "add --reasoning-mixed-machines)"
                )
            self._seen[one] = None
        return ""
