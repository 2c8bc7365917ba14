"""The speed of a model, measured in about ten seconds: short prompts and answers at the full width of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_reasoning.engine import EngineSettings, EngineTotals, open_engine
from pytest_reasoning.records import Generation, Gguf, Request, RequestKey
from pytest_reasoning.verdict.gating.plan import GUESSED_TOKENS_PER_CHAR, Speed

PROBE_S = 10.0
"Of the engine's busy time, from the first token on."
MOST_S = 30.0
"Where the first answers have not begun by then, the model is too slow to be told apart more finely."
CHARS, TOKENS = 96, 48
"Of each prompt and answer: short, so that both speeds show in the time."


def probed_speed(model: Gguf, settings: EngineSettings, texts: Sequence[str]) -> Speed | None:
    """Return how fast a model is; None if it wrote nothing.

    Args:
        model: a file that is there.
        settings: of the run's engines.
        texts: prompts of the run; pieces of them are read, so that their tokens per character are known too.

    Raises:
        ModelError: the model cannot be loaded.
    """
    width = model.settings.width or settings.width
    requests = [_request(number, texts[number * len(texts) // width]) for number in range(width)]
    # Nothing of this is an answer to anything, so none of it is kept.
    engine = open_engine(model, replace(settings, timeout_s=None, keep_warm_s=None))
    seen = [EngineTotals()]
    try:
        tickets = [engine.submit(request) for request in requests]
        while not all(engine.ready(ticket) for ticket in tickets):
            engine.pump()
            if engine.totals.elapsed_s > seen[-1].elapsed_s:
                seen.append(engine.totals)
            spent, written = seen[-1].elapsed_s, seen[-1].completion_tokens
            if spent > MOST_S or (spent > PROBE_S and written > width):
                break
        for ticket in tickets:
            if engine.ready(ticket):
                engine.result(ticket)  # raises what kept the model from being loaded
        seen.append(engine.totals)
    finally:
        engine.close()
    last = seen[-1]
    if not last.completion_tokens:
        return None
    prompt_s, token_s = _speeds(seen)
    chars = sum(len(request.prompt) for request in requests)
    return Speed(
        prompt_s=prompt_s,
        step_s=token_s * width,
        tokens_per_char=last.prompt_tokens / chars if chars else GUESSED_TOKENS_PER_CHAR,
        source=f"measured in {last.elapsed_s:.1f} s",
    )


def _request(number: int, text: str) -> Request:
    # The end of a prompt is its own question; pieces that are equal would be evaluated once for all.
    piece = f"{number}. {text[-CHARS:].lstrip()}"
    return Request(
        key=RequestKey(case=f"probe-{number}"),
        prompt=piece,
        prefix_chars=0,
        generation=Generation(max_tokens=TOKENS),
    )


def _speeds(seen: Sequence[EngineTotals]) -> tuple[float, float]:
    """Return the seconds of a prompt's token and of a written one: prompts come first, and then the answers."""
    last = seen[-1]
    read = next(one for one in seen if one.prompt_tokens == last.prompt_tokens)
    written = last.completion_tokens - read.completion_tokens
    if read is last or not written:  # all within one message: nothing tells them apart
        return (last.elapsed_s / (last.prompt_tokens + last.completion_tokens),) * 2
    return read.elapsed_s / read.prompt_tokens, (last.elapsed_s - read.elapsed_s) / written
