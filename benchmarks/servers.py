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

from timing import Load, Timing, cpu_of

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
    """Time all cases through `/completion` with `cache_prompt`, after the server has loaded the model."""
    cells = slots * (len(load.prefix) + len(load.owns[0]) + load.max_tokens + 64)
    command = [binary, "-m", load.model, "--port", PORT, "-np", slots, "-c", cells]
    command += ["-t", load.threads, "-tb", load.threads]
    words = [str(word) for word in command]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for_start(server)
            ask("/completion", {"prompt": "warm", "n_predict": 2})
            used, began = cpu_of(server.pid), time.perf_counter()
            with ThreadPoolExecutor(slots) as pool:
                answers = list(pool.map(lambda own: complete(load, own), load.owns))
            wall = time.perf_counter() - began
            cpu = cpu_of(server.pid) - used
        finally:
            server.kill()
    return Timing(
        way=f"llama-server, {slots} slots",
        wall_s=wall,
        cpu_s=cpu,
        prompt_tokens=sum(answer["timings"]["prompt_n"] for answer in answers),
        completion_tokens=sum(answer["timings"]["predicted_n"] for answer in answers),
    )


def complete(load: Load, own: str) -> dict[str, Any]:
    """Answer one case."""
    body = {"prompt": load.prefix + own, "n_predict": load.max_tokens, "temperature": 0, "cache_prompt": True}
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
