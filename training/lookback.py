"""An auxiliary loss that makes copying appear: the first block must know the two tokens before each place.

A value can be looked up only if its place knows the key two tokens back, and the arrow the key just before.
Left to the main loss, 2-layer models stayed at guessing for 2,500 steps and more; with this loss on the
first block's output they look up from step 500 on. It is dropped when the model is exported.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from training.tokenizer import SIZE

DISTANCES = 2


class Lookback(nn.Module):
    """Reads the previous tokens off the stream after the first block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.read = nn.Linear(width, DISTANCES * SIZE, bias=False)

    def forward(self, stream: Tensor, tokens: Tensor) -> Tensor:
        """Return the loss in nats of a stream (batch, length, width) over its tokens (batch, length)."""
        guesses = self.read(stream[:, DISTANCES:]).view(-1, SIZE)
        earlier = [tokens[:, DISTANCES - back : -back] for back in range(1, DISTANCES + 1)]
        return fn.cross_entropy(guesses, torch.stack(earlier, dim=-1).flatten())
