"""The family: what each model is and how long it is trained."""

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
    "Steps in all; the rate is constant for the first half, then falls linearly to 0."
    matrix_rate: float = 0.01
    "Muon's rate."
    other_rate: float = 2e-3
    "AdamW's rate, for embeddings and norms."


SIZES = {
    "nano": Size(layers=1, width=64, heads=4, hidden=192),
    "small": Size(layers=2, width=96, heads=6, hidden=256),
    "wide": Size(layers=1, width=128, heads=8, hidden=416),
    "large": Size(layers=4, width=96, heads=6, hidden=256),
}

DENSE_BATCH = 32
"Dense documents in a step."
MIXTURE_BATCH = 16
"Few-shot documents in a step."
DENSE_EVERY = 6
"After the dense phase, one step in this many is dense still."
CONTEXT = 1024
"Written into the GGUF; training sees up to documents.MIXTURE_LENGTH tokens."
ZOO = Path(__file__).parent.parent / "src" / "pytest_reasoning" / "models" / "zoo"
"Where the package keeps its models."
