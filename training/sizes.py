"""The model family: the dimensions and training length of each model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One model of the family."""

    layers: int
    width: int
    "Length of a token's vector."
    heads: int
    hidden: int
    "Width of the feed-forward part."
    dense_steps: int = 1000
    "Steps of symbol mapping alone, before the mixture."
    steps: int = 6000
    "Steps of the main run; the rate is constant for the first half, then falls linearly to 0."
    restart_steps: int = 0
    "Steps after a warm restart, at half the rate falling to 0 again, where more tokens still teach."
    matrix_rate: float = 0.01
    "Learning rate of Muon."
    other_rate: float = 2e-3
    "Learning rate of AdamW, for embeddings and norms."
    precision: str = "float32"
    "What products are computed in; weights are kept in float32. bfloat16 saves a third where the CPU has it."

    @property
    def all_steps(self) -> int:
        """Return how many steps the model is trained for."""
        return self.steps + self.restart_steps


SIZES = {
    "nano": Size(layers=1, width=64, heads=4, hidden=192),
    "small": Size(layers=2, width=96, heads=6, hidden=256),
    "wide": Size(layers=1, width=128, heads=8, hidden=416),
    "medium": Size(layers=4, width=96, heads=6, hidden=256),
    # Rows of 256, so that K-quants are what they say; bfloat16, so that it takes under two hours.
    "large": Size(layers=4, width=256, heads=4, hidden=512, restart_steps=2000, precision="bfloat16"),
}

DENSE_BATCH = 32
"Dense documents per step."
MIXTURE_BATCH = 16
"Few-shot documents per step."
DENSE_EVERY = 6
"After the dense phase, one step in this many is dense still."
CONTEXT = 1024
"Written into the GGUF; training sees up to documents.MIXTURE_LENGTH tokens."
ZOO = Path(__file__).parent.parent / "src" / "pytest_reasoning" / "models" / "zoo"
"Where the package keeps its models."
