"""A completion's logits are the same bits alone, in any subset, in any order and with any number of threads."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kit.tiny_gguf import ARCHITECTURES, quantized, tiny_model
from pytest_reasoning.engine.batching.backend import FloatArray
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.scheduler import Scheduler
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.engine.protocol import EngineSettings
from pytest_reasoning.records import Completion, Generation, ModelSettings, Request, RequestKey

pytestmark = pytest.mark.slow

PREFIX = "A few examples that every case of the suite is shown before its own question. " * 2
Rows = dict[int, list[bytes]]


class Recorder(Scheduler):
    """Keeps the bytes of every logits row that decided a token."""

    rows: Rows

    def _decide(self, jobs: Sequence[Job], logits: FloatArray) -> list[Job]:
        for job, row in zip(jobs, logits, strict=True):
            self.rows[job.id].append(row.tobytes())
        return super()._decide(jobs, logits)


def run(
    model: Path,
    requests: dict[int, Request],
    *,
    width: int = 8,
    threads: int = 1,
    memory_bytes: int = 1 << 30,
    in_order: bool = True,
    places_show: bool = False,
    gpu_layers: int | None = None,
) -> tuple[Rows, dict[int, Completion], Scheduler]:
    """Run requests, in the given order or the scheduler's; their logits, answers, and the scheduler afterwards."""
    settings = EngineSettings(model=ModelSettings(width=width, gpu_layers=gpu_layers, threads=threads))
    backend = LlamaBackend(model, settings)
    backend.places_show |= places_show
    done: dict[int, Completion] = {}
    scheduler = Recorder(
        backend,
        settings,
        memory_bytes=memory_bytes,
        on_started=lambda _: None,
        on_done=done.__setitem__,
    )
    scheduler.rows = defaultdict(list)
    if not in_order:
        scheduler.add_requests(list(requests.items()))
    for id_, request in requests.items() if in_order else ():
        scheduler.add_requests([(id_, request)])
        scheduler.step()
    while scheduler.busy:
        scheduler.step()
    backend.close()
    assert {completion.error for completion in done.values()} == {None}
    return scheduler.rows, done, scheduler


def requests(count: int, *, temperature: float = 0.0, seed: int = 3) -> dict[int, Request]:
    """Own parts from 1 to 150 tokens, 1 to 24 new ones: below, at and above the size of a prompt call."""
    rng = random.Random(seed)
    sizes = [1, 2, 63, 64, 65, 127] + [rng.randint(1, 150) for _ in range(count - 6)]
    return {
        i: Request(
            key=RequestKey(case=f"case {i}"),
            prompt=PREFIX + "".join(rng.choice("abcdef ghij") for _ in range(size)),
            prefix_chars=len(PREFIX),
            generation=Generation(max_tokens=rng.randint(1, 24), temperature=temperature, top_p=0.95, seed=11),
        )
        for i, size in enumerate(sizes)
    }


MODELS = [("llama", file_type) for file_type in ("F16", "Q8_0", "Q4_0", "Q4_K_M")]
MODELS += [(arch, "Q4_K_M") for arch in ARCHITECTURES if arch != "llama"]


@pytest.mark.parametrize(("arch", "file_type"), MODELS, ids=["-".join(pair) for pair in MODELS])
def test_logits_are_bitwise_the_same_in_every_company(arch: str, file_type: str, tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "f16.gguf", arch, ends=True)
    if file_type != "F16":
        model = quantized(model, tmp_path / f"{file_type}.gguf", file_type)
    asked = requests(18)
    full, answers, scheduler = run(model, asked)
    assert scheduler.shares_prefix
    assert len({answer.text for answer in answers.values()}) > 12, "a model that says one thing would prove nothing"
    reverse, _, _ = run(model, dict(reversed(asked.items())), threads=2)
    third, _, _ = run(model, {i: asked[i] for i in asked if i % 3 == 0})
    assert reverse == full
    assert third == {i: full[i] for i in full if i % 3 == 0}
    assert run(model, asked, in_order=False)[0] == full
    for i in (0, 3, 17):
        assert run(model, {i: asked[i]}, threads=2)[0] == {i: full[i]}
    if not scheduler.backend.recurrent:
        # There a step always has as many rows as the width, and that shows.
        assert run(model, asked, width=60)[0] == run(model, asked, width=4, threads=2)[0] == full


def related() -> dict[int, Request]:
    """Two suites with one system message, cases about the same passages, and second stages of some of them."""
    rng = random.Random(5)

    def text(size: int) -> str:
        return "".join(rng.choice("abcdef ghij") for _ in range(size))

    system = text(140)
    asked: list[Request] = []
    for suite, examples in enumerate((60, 100)):
        prefix = system + text(examples)
        for passage in (text(20), text(150)):
            for case in range(3):
                first = Request(
                    key=RequestKey(suite=f"{suite}", case=f"{len(asked)}"),
                    prompt=prefix + passage + text(rng.choice((1, 30, 64, 90))),
                    prefix_chars=len(prefix),
                    generation=Generation(max_tokens=rng.randint(2, 12)),
                )
                asked.append(first)
                if case:
                    later = first.prompt + text(rng.choice((5, 70)))
                    asked.append(replace(first, prompt=later, earlier_chars=len(first.prompt)))
    return dict(enumerate(asked))


@pytest.mark.parametrize(("arch", "file_type"), [MODELS[0], *MODELS[3:]], ids=lambda one: one)
def test_beginnings_of_several_levels_do_not_show(arch: str, file_type: str, tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "f16.gguf", arch, ends=True)
    if file_type != "F16":
        model = quantized(model, tmp_path / f"{file_type}.gguf", file_type)
    asked = related()
    full, answers, scheduler = run(model, asked, gpu_layers=0)
    assert len({answer.text for answer in answers.values()}) > 12
    whole = sum(len(request.prompt) for request in asked.values())
    assert scheduler.calls.prompt_tokens < whole / (3 if scheduler.backend.tile else 1.6)
    reverse, _, _ = run(model, dict(reversed(asked.items())), threads=2, gpu_layers=0)
    assert reverse == full
    assert run(model, asked, in_order=False, gpu_layers=0)[0] == full
    every = scheduler.backend.bytes_per_cell
    tight, _, narrow = run(model, asked, memory_bytes=1536 * every, in_order=False, gpu_layers=0)
    assert tight == full
    assert narrow.cells <= 1536
    later = [i for i, request in asked.items() if request.earlier_chars]
    some, _, _ = run(model, {i: asked[i] for i in asked if i % 3 == 0}, gpu_layers=0)
    assert some == {i: full[i] for i in some}
    for i in (0, len(asked) - 4, *later[::3]):
        assert run(model, {i: asked[i]}, gpu_layers=0)[0] == {i: full[i]}
    if not scheduler.backend.recurrent:
        assert run(model, asked, width=60, in_order=False, gpu_layers=0)[0] == full


def test_the_texts_that_others_share_do_not_show(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "f16.gguf", ends=True)
    rng = random.Random(7)
    texts = {size: "".join(rng.choice("abcdef ghij") for _ in range(size)) for size in (1, 60, 63, 64, 100, 250)}
    asked = {
        i: Request(
            key=RequestKey(case=f"case {i}"),
            # Some have several samples.
            prompt=texts[prefix] + "x" * (1 + i // 2 * 2),
            prefix_chars=prefix,
            sample=i % 2,
            generation=Generation(max_tokens=6, temperature=0.7, seed=5),
        )
        for i, prefix in enumerate(prefix for prefix in texts for _ in range(6))
    }
    full, _, scheduler = run(model, asked, in_order=False)
    shares = scheduler.calls.prompt_tokens
    assert shares < sum(len(request.prompt) for request in asked.values()) / 3
    assert run(model, dict(reversed(asked.items())))[0] == full
    for i in (0, 11, 20, 35):
        assert run(model, {i: asked[i]}, width=60)[0] == {i: full[i]}


@pytest.mark.parametrize("arch", ["llama", "gemma3", "mamba", "lfm2"])
def test_where_places_show_each_request_runs_by_itself_in_the_same_cells(arch: str, tmp_path: Path) -> None:
    """As on GPUs; the layout is that of fast batching, in which neighbours would show here too."""
    model = tiny_model(tmp_path / "f16.gguf", arch, ends=True)
    asked = requests(12)
    asked[12] = replace(asked[4], key=RequestKey(case="a second prefix"), prefix_chars=40)
    asked[13] = replace(asked[7], key=RequestKey(case="a second sample"), sample=1)
    asked[14] = replace(
        asked[9], key=RequestKey(case="choices"), choices=(" one", " or another", " two", " " + "long " * 30)
    )
    full, answers, scheduler = run(model, asked, places_show=True)
    assert scheduler.policy.width == 1
    assert full[13] == full[7]
    again, reverse, _ = run(model, dict(reversed(asked.items())), places_show=True, in_order=False, width=60)
    assert again == full
    assert reverse[14].choices == answers[14].choices
    few, one, _ = run(model, {i: asked[i] for i in (3, 12, 14)}, places_show=True)
    assert few == {i: full[i] for i in (3, 12)}
    assert one[14].choices == answers[14].choices


def test_drawn_tokens_depend_on_seed_case_and_sample_only(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "f16.gguf", ends=True)
    asked = requests(16, temperature=0.8)
    full, answers, _ = run(model, asked)
    reverse, other, _ = run(model, dict(reversed(asked.items())))
    assert full == reverse
    assert {i: answer.text for i, answer in answers.items()} == {i: answer.text for i, answer in other.items()}
    assert run(model, {7: asked[7]})[0] == {7: full[7]}
    greedy = run(model, requests(16))[1]
    assert sum(greedy[i].tokens != answers[i].tokens for i in answers) > 8


def test_epochs_do_not_show(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "f16.gguf", ends=True)
    asked = requests(30)
    roomy, _, wide = run(model, asked, gpu_layers=0)
    tight, _, narrow = run(model, asked, memory_bytes=512 * wide.backend.bytes_per_cell, gpu_layers=0)
    assert narrow.cells == 512 < wide.cells
    assert tight == roomy
    assert narrow.calls.prompt_tokens == wide.calls.prompt_tokens
