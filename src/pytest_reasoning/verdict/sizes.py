"""The properties of models that analyses use, and how many sizes and cases they need; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

LEAST_SIZES = 4
"Least number of sizes for calling growth sharp or smooth."
LEAST_SIZES_OF_THRESHOLD = 5
"Least number of sizes for estimating N_c, because the growth model has four parameters."
LEAST_CASES = 20
"Least number of cases, ended by every model, for any statement on growth."


class SizedModel(Protocol):
    """The properties of a model, of a run or read from a report, that analyses use; unknown numbers are 0."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def n_params(self) -> int:
        """Number of parameters."""
        ...

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture."""
        ...

    @property
    def n_embd(self) -> int:
        """Width of the embedding."""
        ...

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        ...

    @property
    def size_bytes(self) -> int:
        """Size of the file in bytes."""
        ...

    @property
    def quantization(self) -> str:
        """Quantization type of the file: F16, Q8_0, Q4_K_M …"""
        ...

    @property
    def bits_per_weight(self) -> float:
        """Bits per weight, over all tensors."""
        ...

    @property
    def variant_of(self) -> str | None:
        """Name of the model that this one is a quantized variant of."""
        ...


def enough_sizes(models: Iterable[SizedModel]) -> bool:
    """Return whether the scaling analysis is done by default: whether the models have enough different sizes."""
    return len({model.n_params for model in models if model.n_params > 0}) >= LEAST_SIZES
