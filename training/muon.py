"""Muon (Jordan 2024): momentum, made orthogonal by Newton–Schulz, for the weight matrices."""

from __future__ import annotations

from collections import defaultdict

import torch
from torch import Tensor

QUINTIC = (3.4445, -4.7750, 2.0315)


def orthogonal(batch: Tensor, precision: torch.dtype = torch.float32, steps: int = 5) -> Tensor:
    """Push the singular values of each matrix of (n, rows, columns), rows ≤ columns, towards 1.

    Computed in `precision` and returned in float32: the iteration forgives bfloat16 (Jordan 2024).
    """
    a, b, c = QUINTIC
    x = (batch / (batch.norm(dim=(-2, -1), keepdim=True) + 1e-7)).to(precision)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.float()


class Muon(torch.optim.Optimizer):
    """Nesterov momentum with orthogonal updates; matrices of one shape are handled together."""

    def __init__(
        self, matrices: list[Tensor], lr: float, momentum: float = 0.95, precision: torch.dtype = torch.float32
    ) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "precision": precision})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # noqa: ARG002 - the base class passes it
        """Update every matrix from its gradient."""
        for group in self.param_groups:
            shapes: dict[tuple[int, ...], list[Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                shapes[tuple(matrix.shape)].append(matrix)
            for (rows, columns), matrices in shapes.items():
                updates = torch.stack([self._nesterov(matrix, group["momentum"]) for matrix in matrices])
                updates = orthogonal(updates if rows <= columns else updates.mT, group["precision"])
                updates = updates if rows <= columns else updates.mT
                scale = group["lr"] * max(1.0, rows / columns) ** 0.5
                for matrix, update in zip(matrices, updates, strict=True):
                    matrix.add_(update, alpha=-scale)

    def _nesterov(self, matrix: Tensor, momentum: float) -> Tensor:
        state = self.state[matrix]
        if "velocity" not in state:
            state["velocity"] = torch.zeros_like(matrix)
        velocity: Tensor = state["velocity"]
        velocity.lerp_(matrix.grad, 1 - momentum)
        return matrix.grad.lerp(velocity, momentum)
