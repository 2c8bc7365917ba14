"""Measures how much of the library's prompts is evaluated: `prefix_sharing.py MODEL.gguf [--cases 6]`.

Asks the suites of the library as a run does, all strategies in one queue, and prints the tokens of all prompts,
those that the engine evaluated, and the time. With `--count` nothing is decoded: a first stage is taken to have
written random words, and the tokens are those that an engine with unlimited memory evaluates, by what it shares.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pytest_reasoning.engine import EngineSettings
from pytest_reasoning.engine.batching.decoding import TILE
from pytest_reasoning.engine.batching.intake import Intake
from pytest_reasoning.engine.batching.job import Job
from pytest_reasoning.engine.batching.tree import Tree
from pytest_reasoning.engine.llama.backend import LlamaBackend
from pytest_reasoning.library import find
from pytest_reasoning.models import resolve
from pytest_reasoning.records import Completion, Gguf, ModelSettings, Request
from pytest_reasoning.session.asker import Asker
from pytest_reasoning.session.items.question import Question
from pytest_reasoning.session.live_models import Submission
from pytest_reasoning.session.witness import Witness
from pytest_reasoning.suite import load_suite

WORDS = 40
"Words that a first stage writes where nothing is decoded: about as many tokens as the library allows."


def questions(model: Gguf, given: argparse.Namespace) -> Iterator[Question]:
    """Yield the same number of cases of each suite and strategy, evenly over the levels."""
    for path in find(given.suites.split(",")):
        suite = load_suite(path, display=path.name)
        cases = suite.cases[:: max(1, len(suite.cases) // given.cases)][: given.cases]
        for strategy in suite.strategies:
            if strategy in given.strategies.split(","):
                for case in cases:
                    plan = suite.strategy(strategy)
                    yield Question(case=case, model=model, label=strategy, strategy=plan, chat=suite.chat)


def imagined(asked: list[Question]) -> list[Request]:
    """Return the requests of all stages, with random words as the completions of first stages."""
    rng = random.Random(1)
    found = []
    for question in asked:
        for place, request in enumerate(question.requests):
            found.append(request)
            words = (
                "".join(rng.choice("abcdefghijklmnop") for _ in range(rng.randint(3, 7))) for _ in range(WORDS)
            )
            said = Completion(text=" " + " ".join(words), tokens=(), logprobs=(), finish="length", prompt_tokens=0)
            following = question.follow_up(place, [said]) if question.follow_up else None
            found += [following] if following is not None else []
    return found


def jobs_of(model: Gguf, requests: list[Request]) -> list[Job]:
    """Return the requests with their tokens."""
    backend = LlamaBackend(Path(model.path), EngineSettings(model=ModelSettings(gpu_layers=0)))
    intake = Intake(backend, backend.n_ctx_train, stages=True)
    read = [intake.read(id_, request) for id_, request in enumerate(requests)]
    backend.close()
    return [job for job in read if isinstance(job, Job)]


def evaluated(jobs: list[Job], *, grid: int, prefixes: bool = True, stages: bool = False) -> int:
    """Return how many tokens are evaluated if every node of the tree is, once.

    Args:
        jobs: the requests.
        grid: where stretches are cut.
        prefixes: whether a prompt is cut where its suite's prefix ends.
        stages: whether a prompt is cut where that of an earlier stage ends.
    """
    tree = Tree(grid)
    nodes = set()
    for job in jobs:
        wanted = [prefixes] * bool(job.shared) + [stages] * bool(job.stage)
        cuts, leaf = tree.add(
            job.id, [one for one, also in zip(job.stretches, wanted, strict=True) if also], job.tokens
        )
        nodes |= {leaf, *(cut.node for cut in cuts)}
    return sum(len(node.chunk[1]) for node in nodes)


def count(model: Gguf, given: argparse.Namespace) -> None:
    """Print a row of the table of what could be shared."""
    jobs = jobs_of(model, imagined(list(questions(model, given))))
    asked = sum(len(job.tokens) for job in jobs)
    shares = [
        evaluated(jobs, grid=0),
        evaluated(jobs, grid=TILE),
        evaluated(jobs, grid=TILE, stages=True),
        evaluated(jobs, grid=1, prefixes=False),
    ]
    print(f"| {model.name} | {asked:,} | " + " | ".join(f"{100 * share / asked:.1f} %" for share in shares) + " |")


def run(model: Gguf, given: argparse.Namespace) -> None:
    """Ask all questions and print a row of the table of what was evaluated."""
    witness = Witness()
    settings = EngineSettings(model=ModelSettings(gpu_layers=0, threads=given.threads), batching=given.batching)
    asker = Asker([model], settings, show_progress=lambda _, __: None, witnesses=[witness])
    submissions = [
        Submission(nodeid=str(place), model=model, requests=one.requests, follow_up=one.follow_up)
        for place, one in enumerate(questions(model, given))
    ]
    asker.schedule(submissions)
    began, used = time.monotonic(), _children_s()
    for submission in submissions:
        asker.completions(submission)
    asker.close()
    wall_s, cpu_s = time.monotonic() - began, _children_s() - used
    seen = witness.seen[model.name]
    kinds = Counter(request.key.strategy for request, _ in seen)
    asked = sum(completion.prompt_tokens for _, completion in seen)
    (usage,) = asker.usage()
    print(
        f"| {model.name}, {given.batching}, {dict(kinds)} | {asked:,} | {usage.prompt_tokens:,} | "
        f"{100 * usage.prompt_tokens / asked:.1f} % | {usage.completion_tokens:,} | {wall_s:.1f} | {cpu_s:.1f} |"
    )


def _children_s() -> float:
    """Return the processor seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print one row for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--suites", default="all", help="suites of the library")
    parser.add_argument("--strategies", default="direct,cot,zero-shot-cot")
    parser.add_argument("--cases", type=int, default=60, help="cases of each suite")
    parser.add_argument("--batching", default="reproducible", choices=["reproducible", "fast"])
    parser.add_argument("--threads", type=int)
    parser.add_argument("--count", action="store_true", help="decode nothing")
    given = parser.parse_args()
    if given.count:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    for model in resolve(given.models, Path.cwd()):
        assert isinstance(model, Gguf)
        (count if given.count else run)(model, given)


if __name__ == "__main__":
    main()
