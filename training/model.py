"""A llama in the form llama.cpp runs: RMSNorm, interleaved RoPE, SwiGLU, tied embeddings."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from training.sizes import Size
from training.tokenizer import SIZE

ROPE_BASE = 100.0
NORM_EPSILON = 1e-5


def rope_table(length: int, head_width: int) -> Tensor:
    """Angles as complex numbers of length 1: complex64, (length, head_width / 2)."""
    rates = ROPE_BASE ** (-torch.arange(0, head_width, 2).float() / head_width)
    angles = torch.outer(torch.arange(length).float(), rates)
    return torch.polar(torch.ones_like(angles), angles)


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotate neighbouring pairs by their position: x is (batch, length, heads, head_width)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1).flatten(-2)


class Norm(nn.Module):
    """RMSNorm with a learnt scale."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Scale each vector to unit mean square, then by the weight."""
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + NORM_EPSILON) * self.weight


class Block(nn.Module):
    """A transformer block: attention, then feed-forward, each on the normalized stream and added to it."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads = size.heads
        self.attention_norm = Norm(size.width)
        self.query = nn.Linear(size.width, size.width, bias=False)
        self.key = nn.Linear(size.width, size.width, bias=False)
        self.value = nn.Linear(size.width, size.width, bias=False)
        self.out = nn.Linear(size.width, size.width, bias=False)
        self.feed_norm = Norm(size.width)
        self.gate = nn.Linear(size.width, size.hidden, bias=False)
        self.up = nn.Linear(size.width, size.hidden, bias=False)
        self.down = nn.Linear(size.hidden, size.width, bias=False)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        """Shapes: x and the result (batch, length, width)."""
        batch, length, width = x.shape
        y = self.attention_norm(x)
        shape = (batch, length, self.heads, width // self.heads)
        query = rotate(self.query(y).view(shape), cosine, sine).transpose(1, 2)
        key = rotate(self.key(y).view(shape), cosine, sine).transpose(1, 2)
        value = self.value(y).view(shape).transpose(1, 2)
        mixed = fn.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        y = self.feed_norm(x)
        return x + self.down(fn.silu(self.gate(y)) * self.up(y))


class Llama(nn.Module):
    """Tokens in, hidden vectors out; `logits` reads them with the embedding."""

    def __init__(self, size: Size, length: int = 1024) -> None:
        super().__init__()
        self.embedding = nn.Embedding(SIZE, size.width)
        self.blocks = nn.ModuleList(Block(size) for _ in range(size.layers))
        self.norm = Norm(size.width)
        angles = rope_table(length, size.width // size.heads)
        self.register_buffer("cosine", angles.real.unsqueeze(1).contiguous(), persistent=False)
        self.register_buffer("sine", angles.imag.unsqueeze(1).contiguous(), persistent=False)
        nn.init.normal_(self.embedding.weight, std=0.05)
        for block in self.blocks:
            for name, matrix in block.named_parameters():
                if name.startswith(("out", "down")):
                    # The stream begins as the bare embedding; random blocks would drown it.
                    nn.init.zeros_(matrix)
                elif matrix.ndim == 2:
                    nn.init.normal_(matrix, std=matrix.shape[1] ** -0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the normed last hidden vectors: (batch, length, width) of int64 tokens (batch, length)."""
        return self.both_ends(tokens)[1]

    def both_ends(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return the stream after the first block, and what `forward` returns."""
        x = self.embedding(tokens)
        cosine, sine = self.cosine[: tokens.shape[1]], self.sine[: tokens.shape[1]]
        first = x = self.blocks[0](x, cosine, sine)
        for block in self.blocks[1:]:
            x = block(x, cosine, sine)
        return first, self.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """Return (…, vocabulary) of hidden vectors (…, width)."""
        return hidden @ self.embedding.weight.T
