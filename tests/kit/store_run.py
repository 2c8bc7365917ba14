"""One run on a response store, for tests that start several or kill them: `store_run.py MODEL FOLDER COUNT`.

Prints `begun`, then one JSON list of [text, tokens, logprobs, finish, cached], then how many were made here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pytest_reasoning.engine import EngineSettings, ProcessEngine
from pytest_reasoning.engine.store.cached import CachedEngine
from pytest_reasoning.engine.store.keys import model_key
from pytest_reasoning.engine.store.store import Store
from pytest_reasoning.records import Generation, ModelSettings, Request, RequestKey
from pytest_reasoning.text.file_hashes import FileHashes

PREFIX = "Q: 1 and 1?\nA: 2\n\n" * 2


def ask(number: int) -> Request:
    generation = Generation(max_tokens=8 + 5 * (number % 9), temperature=1.0 if number % 4 == 0 else 0.0, seed=3)
    return Request(
        key=RequestKey(suite="suite", case=str(number)),
        prompt=f"{PREFIX}Q: {number}?\nA:",
        prefix_chars=len(PREFIX),
        generation=generation,
    )


def run(model: Path, folder: Path, count: int) -> None:
    settings = EngineSettings(model=ModelSettings(width=8, threads=1))
    hash_of = FileHashes(folder / "hashes.json").sha256
    store = Store(folder, warn=lambda text: print(text, file=sys.stderr))
    key = model_key(hash_of(model), settings, hash_of)
    engine = CachedEngine(lambda on_done: ProcessEngine(model, settings, on_done=on_done), store, key)
    print("begun", flush=True)
    tickets = [engine.submit(ask(number)) for number in range(count)]
    found = [engine.result(ticket) for ticket in tickets]
    print(json.dumps([[c.text, c.tokens, c.logprobs, c.finish, c.cached] for c in found]))
    print(engine.totals.completion_tokens, "llama_cpp" in sys.modules)
    engine.close()
    store.close()


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
