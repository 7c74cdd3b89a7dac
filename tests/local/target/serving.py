"""Services of a project as changes, and a change as a process that can be killed.

`python serving.py ROOT NAME MODEL_FOLDER '{"env": [...], "port": 0}'` brings the service up.
"""

from __future__ import annotations

import hashlib
import json
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exai_compiler.build import Build, Rendered
from exai_compiler.changes import Create, Delete, ObjectId, Outcome
from exai_runtime.local.target import LocalTarget
from exai_runtime.target import Listener
from exai_specs.effects import Effect
from exai_specs.frozen import freeze
from exai_specs.identity import Ref
from exai_specs.kinds.environment import Environment

NOTHING = Build("local", (), (), (), (), (), MappingProxyType({}))
ROW = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


def service_id(name: str) -> ObjectId:
    return ObjectId("serving.kserve.io/v1beta1", "InferenceService", name)


def change(name: str, model: Path, more: dict[str, Any] | None = None) -> Create:
    """An InferenceService as the compiler renders it, in what the local target reads of it."""
    given = more or {}
    digest = hashlib.sha256((model / "exai-model.json").read_bytes()).hexdigest()
    annotations = {"exai.dev/model-digest": given.get("digest", digest)}
    if given.get("port"):
        annotations["exai.dev/local-port"] = str(given["port"])
    container = {
        "modelFormat": {"name": "h2o-mojo", "version": "3"},
        "storageUri": model.as_uri(),
        "env": given.get("env", []),
    }
    spec: dict[str, Any] = {"predictor": {"model": container}}
    if "transformer" in given:
        spec["transformer"] = {
            "containers": [{"name": "kserve-container", "env": given["transformer"]}]
        }
    body = {
        "metadata": {"name": name, "annotations": annotations, "labels": given.get("labels", {})},
        "spec": spec,
    }
    return Create(service_id(name), Ref("Service", name), freeze(body))


def target(root: Path) -> LocalTarget:
    return LocalTarget(root, "local", Environment(target="local"), "proj")


def bring_up(
    root: Path,
    name: str,
    model: Path,
    listen: Listener,
    more: dict[str, Any] | None = None,
    build: Build = NOTHING,
) -> Outcome:
    with target(root) as writer:
        return writer.apply(change(name, model, more), build, listen)


def holding(*services: Create) -> Build:
    """A build of these services."""
    rendered = tuple(Rendered(one.id, one.origin, one.body, 4, Effect.REDEPLOY) for one in services)
    return replace(NOTHING, objects=rendered)


def take_down(root: Path, name: str) -> Outcome:
    with target(root) as writer:
        return writer.apply(Delete(service_id(name), "gone"), NOTHING, print)


def predict(url: str, name: str) -> Any:
    """One V1 prediction with its probabilities."""
    body = json.dumps({"instances": [ROW]}).encode()
    head = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/models/{name}:predict", body, head)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["predictions"][0]


if __name__ == "__main__":
    print(
        bring_up(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), print, json.loads(sys.argv[4]))
    )
