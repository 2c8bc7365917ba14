"""The response store for completions of another machine, which stays on the machine that runs the tests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from pytest_reasoning.engine.store.store import Store
from pytest_reasoning.records import Completion


class PlacedStore:
    """Keeps completions under keys that cover the other machine too; those of a machine like this one are shared.

    A completion depends on the machine that made it (`store/keys.py`), and only its process can say what that is.
    """

    def __init__(
        self, store: Store, here: str, known: Callable[[], str | None], asked: Callable[[], str | None]
    ) -> None:
        """Take the store and the keys of the machines.

        Args:
            store: the store.
            here: what `place_key` returns on this machine.
            known: returns the other machine's key if it has said it.
            asked: starts a process there if none runs, and returns its machine's key; None if it cannot be started.
        """
        self._store = store
        self._here = here
        self._known = known
        self._asked = asked

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Completion]:
        """Return the stored completions of `keys`."""
        place = self._asked()
        if place is None:
            return {}
        asked = {self._key(place, key): key for key in keys}
        return {asked[key]: completion for key, completion in self._store.get(list(asked)).items()}

    def put(self, key: bytes, completion: Completion) -> None:
        """Store a completion; its machine has said before what it is."""
        place = self._known()
        if place is not None:
            self._store.put(self._key(place, key), completion)

    def facts(self, model: str) -> dict[str, Any] | None:
        """Return the facts that the engine reported when it last ran the model with this key."""
        return self._store.facts(model)

    def put_facts(self, model: str, facts: dict[str, Any]) -> None:
        """Store the facts that the engine reports."""
        self._store.put_facts(model, facts)

    def _key(self, place: str, key: bytes) -> bytes:
        return key if place == self._here else hashlib.sha256(place.encode("ascii") + key).digest()
