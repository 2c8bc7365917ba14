"""The examples of docs/scale.md are what Kubernetes, Slurm and the models file take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from pytest_reasoning.models.models_file.load import models_file_from_text

PAGE = (Path(__file__).parents[3] / "docs" / "scale.md").read_text(encoding="utf-8")
YAML = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]


def test_the_manifest_of_kuberay() -> None:
    (manifest,) = [one for one in YAML if one.get("kind") == "RayCluster"]
    assert manifest["apiVersion"] == "ray.io/v1"
    head, (worker,) = manifest["spec"]["headGroupSpec"], manifest["spec"]["workerGroupSpecs"]
    assert worker["minReplicas"] <= worker["replicas"] <= worker["maxReplicas"]
    images = set()
    for group in (head, worker):
        (container,) = group["template"]["spec"]["containers"]
        images.add(container["image"])
        assert all(isinstance(amount, str) for amount in container["resources"]["limits"].values())
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
    assert len(images) == 1
    spec: dict[str, Any] = worker["template"]["spec"]
    mounted = {one["name"] for one in spec["containers"][0]["volumeMounts"]}
    assert mounted == {one["name"] for one in spec["volumes"]}


def test_the_entries_of_models_files() -> None:
    texts = re.findall(r"^```yaml\n(\w+: \{gguf.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    entries = [models_file_from_text(text, folder=Path(), display="models").entries for text in texts]
    launched = [one.spec for group in entries for one in group.values() if one.spec.launch]
    assert [one.launch[0] for one in launched] == ["ssh", "srun", "srun"]
    assert launched[-1].launch == ("srun", "--exact", "-n1", "--gpus=1", "--cpus-per-task=8")
    (needs,) = [one.spec.ray for group in entries for one in group.values() if one.spec.ray]
    assert (needs.num_cpus, needs.num_gpus, needs.resources) == (8, 1, {"fast_disk": 1})
