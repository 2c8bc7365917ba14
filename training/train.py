"""Train one model: `python -m training.train small`; a killed run goes on where it last saved."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as fn

from training import documents
from training.lookback import Lookback
from training.model import Llama
from training.muon import Muon
from training.record import Record
from training.sizes import DENSE_BATCH, DENSE_EVERY, MIXTURE_BATCH, SIZES, Size
from training.stream import Stream, source_digest
from training.validate import validate

RUNS = Path(__file__).parent / "runs"
WARMUP_STEPS = 50
RESTART_SHARE = 0.5
"Share of the full rate at which a warm restart begins."
LOOKBACK_SHARE = 0.3
"Weight of the auxiliary loss, in the first half of the steps."
REPORT_EVERY = 100
SAVE_EVERY = 500
VALIDATE_EVERY = 1000


def rate(step: int, size: Size) -> float:
    """Return the share of the full learning rate: warm-up, constant to half-way, then linear to 0.

    After a warm restart (Loshchilov & Hutter 2017) it falls linearly from a half to 0 once more.
    """
    if step >= size.steps:
        return RESTART_SHARE * (1 - (step - size.steps) / size.restart_steps)
    return min(1.0, (step + 1) / WARMUP_STEPS, 2 * (1 - step / size.steps))


class Training:
    """A model with its optimizers and its position in the training data."""

    def __init__(self, size: Size, seed: int, runs: Path = RUNS, compiled: bool = True) -> None:
        torch.manual_seed(seed)
        self.size, self.step, self.tokens, self.elapsed_s = size, 0, 0, 0.0
        self.model = Llama(size)
        self.lookback = Lookback(size.width)
        self.precision: torch.dtype = getattr(torch, size.precision)
        self.forward = torch.compile(self._forward) if compiled else self._forward
        matrices = [p for p in self.model.blocks.parameters() if p.ndim == 2]
        others = [p for name, p in self.model.named_parameters() if p.ndim == 1 or "embedding" in name]
        self.muon = Muon(matrices, lr=size.matrix_rate, precision=self.precision)
        others += self.lookback.parameters()
        self.adamw = torch.optim.AdamW(others, lr=size.other_rate, betas=(0.9, 0.95), weight_decay=0.0)
        shards = runs / "shards" / source_digest()
        self.dense = Stream(shards, f"dense-{seed}", documents.dense_rows, DENSE_BATCH)
        self.mixture = Stream(shards, f"mixture-{seed}", documents.mixture_rows, MIXTURE_BATCH)

    def _forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast("cpu", self.precision, enabled=self.precision != torch.float32):
            first, hidden = self.model.both_ends(tokens)
        return first.float(), hidden.float()

    def batch(self) -> tuple[Tensor, Tensor]:
        """Return this step's tokens and targets: dense alone at first, then one step in DENSE_EVERY."""
        later = self.step - self.size.dense_steps
        if later < 0:
            return self.dense[self.step]
        dense, place = divmod(later, DENSE_EVERY)
        if place == 0:
            return self.dense[self.size.dense_steps + dense]
        return self.mixture[later - dense - 1]

    def advance(self) -> float:
        """Take one step and return its loss in nats per asked token."""
        started = time.process_time()
        tokens, targets = self.batch()
        asked = targets != documents.UNASKED
        first, hidden = self.forward(tokens)
        loss = fn.cross_entropy(self.model.logits(hidden[asked]), targets[asked])
        if 2 * self.step < self.size.steps:
            (loss + LOOKBACK_SHARE * self.lookback(first, tokens, self.step)).backward()
        else:
            loss.backward()
        share = rate(self.step, self.size)
        for optimizer, full in ((self.muon, self.size.matrix_rate), (self.adamw, self.size.other_rate)):
            optimizer.param_groups[0]["lr"] = full * share
            optimizer.step()
            optimizer.zero_grad()
        self.step += 1
        self.tokens += tokens.numel()
        self.elapsed_s += time.process_time() - started
        return loss.item()

    def save(self, path: Path) -> None:
        """Atomically write everything that a resumed run needs."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "model": self.model.state_dict(),
            "lookback": self.lookback.state_dict(),
            "muon": self.muon.state_dict(),
            "adamw": self.adamw.state_dict(),
            "step": self.step,
            "tokens": self.tokens,
            "elapsed_s": self.elapsed_s,
        }
        torch.save(state, path.with_suffix(".partial"))
        path.with_suffix(".partial").replace(path)

    def load(self, path: Path) -> None:
        """Resume from the state that `save` wrote."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.lookback.load_state_dict(state["lookback"])
        self.muon.load_state_dict(state["muon"])
        self.adamw.load_state_dict(state["adamw"])
        self.step, self.tokens, self.elapsed_s = state["step"], state["tokens"], state["elapsed_s"]


def checkpoint(name: str, seed: int) -> Path:
    """Name the file in which a run is kept."""
    return RUNS / f"{name}-{seed}.pt"


def main() -> None:
    """Train the model named on the command line to its end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SIZES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    training = Training(SIZES[options.name], options.seed)
    path = checkpoint(options.name, options.seed)
    if path.exists():
        training.load(path)
    losses: dict[str, float] = {}
    began_step, began = training.step, time.perf_counter()
    while training.step < training.size.all_steps:
        kind = "dense" if training.batch()[0].shape[1] == documents.DENSE_LENGTH else "mixture"
        loss = training.advance()
        losses[kind] = loss + 0.98 * (losses.get(kind, loss) - loss)
        if training.step % REPORT_EVERY == 0:
            pace = (time.perf_counter() - began) / (training.step - began_step)
            shown = " ".join(f"{name} {value:.4f}" for name, value in losses.items())
            left_min = (training.size.all_steps - training.step) * pace / 60
            print(
                f"{options.name}-{options.seed} step {training.step}/{training.size.all_steps} "
                f"{training.tokens / 1e6:.1f}M tokens, loss {shown}, {left_min:.1f} min left",
                flush=True,
            )
        if training.step % VALIDATE_EVERY == 0 or training.step == training.size.all_steps:
            print(validate(training.model), flush=True)
        if training.step % SAVE_EVERY == 0 or training.step == training.size.all_steps:
            training.save(path)
    minutes = round(training.elapsed_s / 60, 1)
    Record(
        name=options.name,
        seed=options.seed,
        steps=training.step,
        tokens=training.tokens,
        core_minutes=minutes,
    ).write()
    print(f"done: {training.tokens} tokens in {minutes} min, kept in {path}")


if __name__ == "__main__":
    main()
