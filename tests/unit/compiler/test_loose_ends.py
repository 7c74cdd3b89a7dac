"""What pods refer to and don't have: in rendered objects with their patches, and in Manifests."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from exai_compiler.pods.loose_ends import loose_ends
from exai_specs.frozen import freeze

POD = """
containers:
- name: main
  image: a/b
  ports: [{name: http, containerPort: 8080}]
  readinessProbe: {httpGet: {port: http}}
  livenessProbe: {tcpSocket: {port: 8080}}
  volumeMounts: [{name: cache, mountPath: /cache}, {name: kserve-provision-location, mountPath: /m}]
- {name: proxy, image: c/d}
initContainers: [{name: fetch, image: e/f, volumeMounts: [{name: cache, mountPath: /c}]}]
volumes: [{name: cache, emptyDir: {}}]
"""


def told(kind: str, pod: str, **beside: Any) -> list[str]:
    body: Any = {"kind": kind, "spec": {"template": {"spec": {**yaml.safe_load(pod), **beside}}}}
    found = list(loose_ends(freeze(body)))  # type: ignore[arg-type]
    assert all(each.hint and each.path[:3] == ("spec", "template", "spec") for each in found)
    return [each.message for each in found]


@pytest.mark.parametrize("kind", ["Deployment", "Notebook", "InferenceService", "TrainJob"])
def test_a_whole_pod(kind: str) -> None:
    assert told(kind, POD) == []


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("{port: http}", "{port: htp}", "names no port of the container: `htp`"),
        ("{name: cache, mountPath: /cache}", "{name: cash, mountPath: /a}", "names no volume"),
        ("{name: cache, mountPath: /c}", "{name: cash, mountPath: /a}", "names no volume"),
        ("mountPath: /m", "mountPath: /cache", "is where another volume is mounted"),
        ("{name: proxy, image: c/d}", "{name: proxi}", "has no image"),
        ("image: c/d", "image: c/D:1", "names no image: this names no image that anything"),
        ("image: e/f", "image: 'e/f@sha256:0'", "names no image: a digest of sha256 has 64 digits"),
        ("{name: proxy,", "{name: main,", "has the name `main`, as another container"),
        ("name: fetch", "name: main", "has the name `main`, as another container"),
        ("containerPort: 8080}]", "containerPort: 8080}, {name: http}]", "has the name `http`"),
    ],
)
def test_a_loose_end(right: str, wrong: str, message: str) -> None:
    assert right in POD
    (found,) = told("Deployment", POD.replace(right, wrong))
    assert message in found


def test_what_others_complete_is_left_alone() -> None:
    mount = POD.replace("volumes: [{name: cache, emptyDir: {}}]", "")
    assert told("InferenceService", mount, model={"modelFormat": {"name": "onnx"}}) == []
    assert told("LLMInferenceService", POD.replace("image: a/b", "")) == []
    assert told("TrainJob", mount) == []
    assert len(told("Deployment", mount)) == 2
