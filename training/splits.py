"""What training may never see: one instance in eight, chosen by a hash of its content."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Literal

Split = Literal["train", "heldout"]
"`train` draws what training may see, `heldout` only what it never sees."

BUCKETS = 8
"One bucket of these is held out."


@lru_cache(maxsize=1 << 20)
def is_heldout(kind: str, content: str) -> bool:
    """Say whether this content (a word, a sum, a pair, an expression) is kept from all training data."""
    return sha256(f"{kind}:{content}".encode()).digest()[0] % BUCKETS == 0


def belongs(split: Split, kind: str, content: str) -> bool:
    """Say whether this content may stand in an instance of this split."""
    return is_heldout(kind, content) == (split == "heldout")
