"""Which shard of a run asks a case."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

NOT_JUDGED = "judged when the shards are merged (pytest-reasoning report)"
"Why a gate or comparison of a shard is skipped."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of several runs that share the cases of one."""

    index: int
    "From 1."
    count: int

    def __str__(self) -> str:
        """Return it as users write it."""
        return f"{self.index}/{self.count}"

    def holds(self, suite: str, case: str) -> bool:
        """Return whether this shard asks a case, of all models and with all strategies.

        It depends on nothing but these names: neither on other cases nor on what else is selected.
        """
        digest = hashlib.sha256(f"{suite}\0{case}".encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.index - 1
