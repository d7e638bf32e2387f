"""The manifests as `kubectl kustomize` renders them, and what stands in them."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

K8S = Path(__file__).parents[2] / "deploy/k8s"
OVERLAYS = ("overlays/dev", "overlays/prod")
Object = dict[str, Any]


@dataclass(frozen=True)
class Manifests:
    objects: tuple[Object, ...]

    def of(self, *kinds: str) -> list[Object]:
        return [each for each in self.objects if each["kind"] in kinds]

    def named(self, kind: str, name: str) -> Object:
        (found,) = [each for each in self.of(kind) if each["metadata"]["name"] == name]
        return found

    def names(self, kind: str) -> set[str]:
        return {each["metadata"]["name"] for each in self.of(kind)}

    def pods(self) -> dict[str, Object]:
        """The pods that are made, by who makes them."""
        makers = self.of("Deployment", "Job")
        return {f"{each['kind']} {each['metadata']['name']}": each["spec"]["template"] for each in makers}

    def containers(self) -> Iterator[tuple[str, Object]]:
        for maker, pod in self.pods().items():
            for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]):
                yield f"{maker}, {container['name']}", container


@cache
def rendered(folder: Path) -> Manifests:
    command = ["kubectl", "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return Manifests(tuple(yaml.safe_load_all(done.stdout)))


def kubectl_is_missing() -> bool:
    return shutil.which("kubectl") is None


def matches(selector: Object, labels: dict[str, str]) -> bool:
    """As Kubernetes selects: whatever is asked must hold, and nothing asked holds for all."""
    wanted: dict[str, str] = selector.get("matchLabels", {})
    return all(labels.get(name) == value for name, value in wanted.items()) and all(
        _holds(asked, labels) for asked in selector.get("matchExpressions", ())
    )


def _holds(asked: Object, labels: dict[str, str]) -> bool:
    if asked["operator"] == "Exists":
        return asked["key"] in labels
    assert asked["operator"] == "In", asked
    return labels.get(asked["key"]) in asked["values"]
