"""What the analyses know of a model, and how many sizes and cases they need; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

LEAST_SIZES = 4
"Sizes needed to call growth sharp or smooth."
LEAST_SIZES_OF_THRESHOLD = 5
"Sizes needed to name N_c: the growth model has four parameters."
LEAST_CASES = 20
"Cases that every model ended, needed to say anything of growth."


class SizedModel(Protocol):
    """A model as the analyses see it: of a run, or read from a report. Numbers are 0 where they are not known."""

    @property
    def name(self) -> str:
        """As named by the user."""
        ...

    @property
    def n_params(self) -> int:
        """How many parameters it has."""
        ...

    @property
    def architecture(self) -> str:
        """llama.cpp's name of it."""
        ...

    @property
    def n_embd(self) -> int:
        """How wide it is."""
        ...

    @property
    def n_layers(self) -> int:
        """How deep it is."""
        ...

    @property
    def size_bytes(self) -> int:
        """Of its file."""
        ...

    @property
    def quantization(self) -> str:
        """Type of the file: F16, Q8_0, Q4_K_M …"""
        ...

    @property
    def bits_per_weight(self) -> float:
        """Of all tensors."""
        ...

    @property
    def variant_of(self) -> str | None:
        """Name of the model that this one is a quantised form of."""
        ...


def enough_sizes(models: Iterable[SizedModel]) -> bool:
    """Tell whether the scaling analysis is worth making without being asked for."""
    return len({model.n_params for model in models if model.n_params > 0}) >= LEAST_SIZES
