"""Models as actors of a Ray cluster: the bits are those of a process of this machine, and nothing outlives a run.

One cluster of two nodes serves the whole module. It is started as any cluster is, by processes that know nothing of
the run.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from kit.asked import answers, requests, timeless
from kit.leftovers import VARIABLE
from kit.ports import free_port
from kit.settings_of import settings_of
from pytest_reasoning.engine import EngineSettings, Responses, Store, open_engine
from pytest_reasoning.engine.elsewhere import cluster as clusters
from pytest_reasoning.engine.elsewhere.files import groups_of, paths_of
from pytest_reasoning.engine.process.replicas import ReplicatedEngine
from pytest_reasoning.models import resolve
from pytest_reasoning.records import Gguf, RayNeeds
from pytest_reasoning.text.errors import ModelError
from pytest_reasoning.text.file_hashes import sha256_of

pytest.importorskip("ray", reason="Ray is not installed")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

HAS_CLIENT = find_spec("grpc") is not None
NEEDS_CLIENT = pytest.mark.skipif(not HAS_CLIENT, reason="Ray's client is not installed")
ENGINE = "-m pytest_reasoning.engine"
STORE_BYTES = 80_000_000
SECRET = "A_KEY_OF_THE_DRIVER"
SECOND = RayNeeds(num_cpus=1, resources={"second": 1})


@dataclass(slots=True, kw_only=True)
class Nodes:
    """A running cluster."""

    cluster: Any
    cache: Path
    "The cache folder of the second node."
    client: str
    "Where a Ray client reaches the cluster."
    second: Any = None

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def add(self, **what: Any) -> Any:
        """Start one more node, which outlives the test: it is not what the test leaves behind."""
        with pytest.MonkeyPatch.context() as patched:
            patched.delenv(VARIABLE, raising=False)
            return self.cluster.add_node(object_store_memory=STORE_BYTES, **what)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    from ray.cluster_utils import Cluster

    cache = tmp_path_factory.mktemp("cache of the second node")
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    with pytest.MonkeyPatch.context() as patched:
        # The cluster outlives each test, which has to leave nothing of its own.
        patched.delenv(VARIABLE, raising=False)
        patched.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patched.setenv("RAY_TMPDIR", folder)
        # Of the machine that starts the nodes, so that their actors have it: engines must not.
        patched.setenv(SECRET, "1")
        # Where gRPC prepares forks, it sometimes ends the process that Ray's server starts for a client.
        patched.setenv("GRPC_ENABLE_FORK_SUPPORT", "0")
        port = free_port()
        head = {
            "num_cpus": 1,
            "resources": {"one each": 1},
            "object_store_memory": STORE_BYTES,
            "ray_client_server_port": port if HAS_CLIENT else None,
        }
        found = Nodes(
            cluster=Cluster(initialize_head=True, head_node_args=head),
            cache=cache,
            client=f"ray://127.0.0.1:{port}",
        )
        found.second = found.add(
            num_cpus=2, resources={"second": 2, "one each": 1}, env_vars={"XDG_CACHE_HOME": str(cache)}
        )
        found.cluster.wait_for_nodes()
    yield found
    for address in (found.address, found.client):
        clusters.cluster(address).close()
    found.cluster.shutdown()  # type: ignore[no-untyped-call,unused-ignore]
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def model() -> Gguf:
    (found,) = resolve(["nano"], Path())
    assert isinstance(found, Gguf)
    return found


def processes(pid: int) -> dict[int, str]:
    """The command lines of all processes below one."""
    import psutil

    found = {}
    for one in psutil.Process(pid).children(recursive=True):
        try:
            found[one.pid] = " ".join(one.cmdline())
        except psutil.Error:
            continue
    return found


def engines() -> dict[int, str]:
    """The processes of engines below this one that actors hold."""
    return {
        pid: line for pid, line in processes(os.getpid()).items() if line.endswith("-m pytest_reasoning.engine")
    }


def environ_of(pid: int) -> dict[str, str]:
    text = Path(f"/proc/{pid}/environ").read_text(encoding="utf-8")
    return dict(part.split("=", 1) for part in text.split("\0") if part)


def eventually(holds: Callable[[], bool], within_s: float = 20.0) -> bool:
    until = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def on(nodes: Nodes, **others: Any) -> EngineSettings:
    return settings_of(executor=nodes.address, **others)


def test_outcomes_are_those_of_this_machine(pytester: pytest.Pytester, nodes: Nodes) -> None:
    run = ("-p", "no:cacheprovider", "--reasoning-suites=last-letters,symbol-mapping", "--reasoning-limit=2")
    models = ("--reasoning-models=nano,small", "--reasoning-store=off")
    there = pytester.runpytest(
        *models,
        *run,
        f"--reasoning-executor={nodes.address}",
        "--reasoning-replicas=2",
        "--reasoning-json=there.json",
    )
    there.stdout.fnmatch_lines([f"reasoning: *2 replicas run by the Ray cluster '{nodes.address}'*"])
    here = pytester.runpytest(*models, *run, "--reasoning-json=here.json")
    assert there.parseoutcomes() == here.parseoutcomes()
    found, expected = (
        [
            {key: value for key, value in one.items() if key not in ("elapsed_s", "load_s")}
            for one in json.loads((pytester.path / name).read_text(encoding="utf-8"))["outcomes"]
        ]
        for name in ("there.json", "here.json")
    )
    assert found == expected


def test_an_engine_has_no_key_no_gpu_and_not_rays_threads(nodes: Nodes, model: Gguf) -> None:
    engine = open_engine(model, on(nodes))
    engine.result(engine.submit(requests(1)[0]))
    (pid,) = engines()
    environ = environ_of(pid)
    assert SECRET not in environ
    assert not [name for name in environ if name.startswith("RAY_")]
    assert "OMP_NUM_THREADS" not in environ
    assert environ["CUDA_VISIBLE_DEVICES"] == ""
    assert environ["GGML_CPU_TILED_MM_FORCE"] == "1"
    engine.close()
    assert eventually(lambda: not engines())


@pytest.mark.parametrize("through_client", [False, pytest.param(True, marks=NEEDS_CLIENT)])
def test_an_actor_that_is_killed_is_started_again(nodes: Nodes, model: Gguf, through_client: bool) -> None:
    asked = requests(60, max_tokens=60)
    expected = answers(open_engine(model, EngineSettings()), asked)
    engine = open_engine(model, settings_of(executor=nodes.client) if through_client else on(nodes))
    tickets = [engine.submit(one) for one in asked]
    engine.result(tickets[0])
    (actor,) = [pid for pid, line in processes(os.getpid()).items() if line.startswith("ray::EngineSeat")]
    os.kill(actor, signal.SIGKILL)
    found = [timeless(engine.result(ticket)) for ticket in tickets]
    engine.close()
    assert found == expected
    assert engine.totals.restarts == 1
    assert eventually(lambda: not engines())


def test_files_go_through_the_cluster_and_answers_to_the_store(
    nodes: Nodes, model: Gguf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = on(nodes, ray=SECOND, replicas=2)
    groups = groups_of(model, settings)
    hidden = [replace(one, folder="/nowhere", below_packages="") for one in groups]
    monkeypatch.setattr("pytest_reasoning.engine.elsewhere.opening.groups_of", lambda *_: hidden)
    monkeypatch.setattr(clusters, "paths_of", lambda _: paths_of(groups))
    responses = Responses(store=Store(tmp_path / "store", warn=pytest.fail), hash_of=sha256_of)
    asked = requests(12)
    found = answers(open_engine(model, settings, responses=responses), asked)
    (sent,) = nodes.cache.rglob("*.gguf")
    assert sha256_of(sent) == model.sha256
    here = open_engine(model, EngineSettings(), responses=responses)
    assert answers(here, asked) == found
    # The GPUs that an actor may not see are part of what its answers depend on, so they are not shared with ours.
    assert here.totals.completion_tokens > 0
    again = open_engine(model, settings, responses=responses)
    assert answers(again, asked) == found
    assert again.totals.completion_tokens == 0
    responses.store.close()


def test_what_no_node_has_is_one_line(nodes: Nodes, model: Gguf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "START_S", 1.0)
    message = (
        r"no node of the Ray cluster had room for an actor with 1 GPU, 3 third within 1 s "
        r"\(ask for less under `ray` in the models file, or for fewer replicas\)"
    )
    with pytest.raises(ModelError, match=message):
        answers(open_engine(model, on(nodes, ray=RayNeeds(num_gpus=1, resources={"third": 3}))), requests(1))


def test_a_node_that_is_removed_and_replaced_loses_nothing(nodes: Nodes, model: Gguf) -> None:
    asked = requests(400, max_tokens=40)
    expected = answers(open_engine(model, EngineSettings()), asked)
    engine = open_engine(model, on(nodes, replicas=2, ray=RayNeeds(resources={"one each": 1})))
    assert isinstance(engine, ReplicatedEngine)
    tickets = [engine.submit(one) for one in asked[:200]]
    while not all(one.facts for one in engine._replicas):
        engine.pump()
    nodes.cluster.remove_node(nodes.second, allow_graceful=False)
    # However fast the node was, it has not answered these.
    tickets += [engine.submit(one) for one in asked[200:]]
    nodes.add(num_cpus=2, resources={"one each": 1})
    found = [timeless(engine.result(ticket)) for ticket in tickets]
    engine.close()
    assert found == expected
    assert engine.totals.restarts >= 1


def test_nothing_is_left_behind(nodes: Nodes, model: Gguf) -> None:
    engine = open_engine(model, on(nodes))
    engine.result(engine.submit(requests(1)[0]))
    own = clusters.cluster(nodes.address)
    host = own.host_pid
    assert host is not None
    assert engines()
    own.close()
    assert host not in processes(os.getpid())
    assert eventually(lambda: not engines())
    engine.close()


def test_ctrl_c_ends_a_cluster_of_the_runs_own(pytester: pytest.Pytester) -> None:
    run = [sys.executable, "-m", "pytest", "--reasoning-models=large", "--reasoning-suites=core"]
    run += ["--reasoning-executor=ray", "--reasoning-store=off", "-p", "no:cacheprovider", "-s"]
    with subprocess.Popen(
        run,
        cwd=pytester.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # jobs of some shells ignore it
    ) as started:
        assert eventually(lambda: any(one.endswith(ENGINE) for one in below(started.pid)), 120)
        there = processes(started.pid)
        (host,) = [pid for pid, line in there.items() if line.endswith("elsewhere.ray_host")]
        folder = Path(environ_of(host)["RAY_TMPDIR"])
        assert folder.is_dir()
        os.killpg(started.pid, signal.SIGINT)
        output, _ = started.communicate(timeout=40)
    assert "KeyboardInterrupt" in output
    assert "INFO" not in output
    assert started.returncode == pytest.ExitCode.INTERRUPTED
    assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in there))
    assert eventually(lambda: not folder.exists())


def below(pid: int) -> list[str]:
    return list(processes(pid).values())


def test_nothing_of_ray_is_imported_unless_asked_for() -> None:
    code = "import pytest_reasoning.plugin, pytest_reasoning.session.run, sys; print('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
