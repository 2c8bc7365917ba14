"""Times llama-server over HTTP, with as many requests in flight as it has slots."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from timing import Load, Prompt, Timing, clock, cpu_of

PORT = 18763
START_S = 60.0


def ask(path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One request to the server; raises URLError while it does not answer."""
    data = None if body is None else json.dumps(body).encode("utf-8")
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data, headers)
    with urllib.request.urlopen(request, timeout=600) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def time_server(load: Load, binary: Path, slots: int) -> Timing:
    """Time all cases through `/completion` after the server has loaded the model.

    It has its prompt cache, and one buffer of cells for all slots, so that idle slots' cells are free for others.
    """
    size = load.size
    cells = slots * (size.prefix + size.own + size.new + 64)
    command = [binary, "-m", load.model, "--port", PORT, "--parallel", slots, "-c", cells, "--kv-unified"]
    command += ["-t", load.threads, "-tb", load.threads, "--no-ui"]
    words = [str(word) for word in command]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for_start(server)
            ask("/completion", {"prompt": "warm", "n_predict": 2})
            with clock(lambda: cpu_of(server.pid)) as span, ThreadPoolExecutor(slots) as pool:
                found = list(pool.map(lambda prompt: complete(prompt, size.new), load.prompts))
        finally:
            server.kill()
    return Timing(
        way=f"llama-server, {slots} slot{'s' if slots > 1 else ''}",
        wall_s=span.wall_s,
        cpu_s=span.cpu_s,
        others=span.others,
        prompt_tokens=sum(answer["timings"]["prompt_n"] for answer in found),
        completion_tokens=sum(answer["timings"]["predicted_n"] for answer in found),
    )


def complete(prompt: Prompt, new: int) -> dict[str, Any]:
    """Answer one case."""
    body = {"prompt": prompt.tokens, "n_predict": new, "temperature": 0, "cache_prompt": True}
    return ask("/completion", body)


def wait_for_start(server: subprocess.Popen[bytes]) -> None:
    """Wait until the model is loaded; raise TimeoutError if that takes too long."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        try:
            ask("/health")
        except urllib.error.URLError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("llama-server did not start")
