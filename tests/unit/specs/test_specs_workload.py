"""The workload block: what it takes, and the words for what it doesn't (LANGUAGE 3.1)."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import read
from exai_specs.kinds import API_VERSION, ServiceSpec
from exai_specs.kinds.volumes import EmptyDirVolume, EphemeralVolume, PvcVolume, SecretVolume
from exai_specs.kinds.workload import FieldRef
from exai_specs.parse import Spec, parse


def outcome(**fields: Any) -> Spec | tuple[Diagnostic, ...]:
    spec = {"model": "iris_model@champion", **fields}
    frame = {"apiVersion": API_VERSION, "kind": "Service", "metadata": {"name": "x"}, "spec": spec}
    (document,), problems = read(yaml.safe_dump(frame), "x.yaml")
    assert problems == ()
    return parse(document)


def test_volumes_are_told_apart_by_their_key() -> None:
    found = outcome(
        volumes={
            "/a": {"secret": "db", "subPath": "k"},
            "/b": {"pvc": "models", "readOnly": True},
            "/c": {"emptyDir": {}},
            "/d": {"ephemeral": {"size": "1Gi"}},
        }
    )
    assert isinstance(found, Spec) and isinstance(found.body, ServiceSpec)
    kinds = [type(volume) for volume in found.body.volumes.values()]
    assert kinds == [SecretVolume, PvcVolume, EmptyDirVolume, EphemeralVolume]


def test_a_variable_may_be_a_field_of_the_pod() -> None:
    found = outcome(env={"POD": {"field": "metadata.labels['app']"}})
    assert isinstance(found, Spec) and isinstance(found.body, ServiceSpec)
    assert found.body.env["POD"] == FieldRef(field="metadata.labels['app']")


PORT_8080 = {"tcpSocket": {"port": 8080}}


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"env": {"A": {"field": "spec.nope"}}}, "invalid-name", "spec.env.A.field"),
        ({"volumes": {"data": {"emptyDir": {}}}}, "invalid-name", "an absolute path"),
        ({"volumes": {"/a": {"claim": "c"}}}, "exactly-one-of", "secret, configMap, pvc"),
        ({"volumes": {"/a": {"secret": "a", "pvc": "b"}}}, "exactly-one-of", "spec.volumes./a"),
        ({"volumes": {"/a": {"secret": "a", "readOnly": True}}}, "unknown-field", "readOnly"),
        ({"ports": {"Metrics": 1}}, "invalid-name", "lower-case"),
        ({"ports": {"http": 70000}}, "invalid-value", "at most 65535"),
        ({"probes": {"liveness": {}}}, "exactly-one-of", "httpGet, tcpSocket, exec, grpc"),
        (
            {"probes": {"liveness": {**PORT_8080, "exec": {"command": ["true"]}}}},
            "exactly-one-of",
            "",
        ),
        ({"probes": {"ready": PORT_8080}}, "unknown-field", "ready"),
        ({"probes": {"liveness": {"tcpSocket": {"port": 0}}}}, "invalid-value", "1 to 65535"),
        ({"probes": {"liveness": {"tcpSocket": {"port": []}}}}, "wrong-type", "a port's name"),
        ({"tolerations": [{"value": "a"}]}, "missing-field", "has no key"),
        ({"tolerations": [{"operator": "Exists", "value": "a"}]}, "invalid-value", "value"),
        (
            {"tolerations": [{"key": "a", "tolerationSeconds": 3}]},
            "invalid-value",
            "tolerationSeconds",
        ),
        ({"tolerations": [{"key": "a", "effect": "No"}]}, "invalid-value", "NoSchedule"),
        ({"imagePullSecrets": ["registry"]}, "wrong-type", "a mapping"),
        ({"imagePullPolicy": "Sometimes"}, "invalid-value", "IfNotPresent"),
        ({"securityContext": {"privileged": True}}, "unknown-field", "privileged"),
        ({"sidecars": {"proxy": {}}}, "missing-field", "image"),
        ({"sidecars": {"A b": {"image": "x"}}}, "invalid-name", "lower-case"),
        ({"initContainers": {"a": {"image": "x", "ports": {}}}}, "unknown-field", "ports"),
    ],
)
def test_what_it_refuses(fields: dict[str, Any], code: str, words: str) -> None:
    found = outcome(**fields)
    assert not isinstance(found, Spec)
    assert [each.code for each in found] == [code]
    assert words in found[0].message and found[0].hint


FILES = {"uri": "s3://b/m", "format": "sklearn"}
OWN = {"image": "a/b"}


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"model": {"uri": "models/iris", "format": "sklearn"}}, "invalid-value", "a URI"),
        ({"model": {"uri": "s3://b"}}, "missing-field", "has no format"),
        ({"model": {"uri": "s3://b", "format": "a b"}}, "invalid-name", "letters"),
        ({"model": {**FILES, "storage": {"path": "m"}}}, "exactly-one-of", "uri, storage"),
        ({"model": {"format": "sklearn"}}, "exactly-one-of", "a model's name"),
        ({"model": {**FILES, "digest": "abc"}}, "invalid-value", "SHA-256"),
        ({"runtime": "custom"}, "missing-field", "an image"),
        ({"runtime": "custom", **OWN, "runtimeVersion": "1"}, "invalid-value", "runtimeVersion"),
        (
            {"runtime": "custom", **OWN, "canary": {"model": FILES, "traffic": "1%"}},
            "invalid-value",
            "canary",
        ),
        ({"containerName": "kserve-container"}, "invalid-value", "the runtime names this one"),
        (
            {"runtime": "custom", **OWN, "containerName": "x", "sidecars": {"p": OWN}},
            "invalid-value",
            "kserve-container",
        ),
        ({"sidecars": {"queue-proxy": OWN}}, "invalid-name", "of that name"),
        ({"features": "f", "transformer": OWN}, "invalid-value", "exai's own transformer"),
        ({"transformer": {}}, "missing-field", "has no image"),
        (
            {"transformer": {**OWN, "collocated": True, "replicas": {"max": 2}}},
            "invalid-value",
            "belongs to the pod",
        ),
        ({"explainer": {}}, "exactly-one-of", "image, art"),
        ({"explainer": {"art": {"type": "Other"}}}, "invalid-value", "SquareAttack"),
        ({"logger": {"url": "http://a"}}, "missing-field", "has no mode"),
        ({"logger": {"mode": "all"}}, "exactly-one-of", "url, storage"),
        (
            {"logger": {"mode": "all", "storage": {"path": "a", "key": "b"}}},
            "missing-field",
            "parameters",
        ),
        ({"autoscale": {"metric": "cpu"}}, "missing-field", "has no target"),
        ({"autoscale": {"metric": "cpu", "none": {}, "target": "1%"}}, "exactly-one-of", "keda"),
        ({"autoscale": {"none": {}, "target": 3}}, "invalid-value", "without metric"),
        ({"autoscale": {"keda": [{}]}}, "exactly-one-of", "resource, external, podmetric"),
        ({"autoscale": {"keda": [{"resource": 3}]}}, "wrong-type", "a mapping"),
        (
            {"deploymentStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "x"}}},
            "invalid-value",
            "a number, or a percent",
        ),
        (
            {"deploymentStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": -1}}},
            "invalid-value",
            "a number, or a percent",
        ),
        (
            {"deploymentStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": True}}},
            "wrong-type",
            "a number or a percent",
        ),
        ({"patches": {"Deployment": {}}}, "unknown-field", "renders no such object"),
        ({"patches": {"InferenceService": 3}}, "wrong-type", "a mapping"),
        ({"patches": []}, "wrong-type", "a mapping"),
    ],
)
def test_what_a_service_refuses(fields: dict[str, Any], code: str, words: str) -> None:
    found = outcome(**fields)
    assert not isinstance(found, Spec)
    assert [each.code for each in found] == [code]
    assert words in found[0].message and found[0].hint


def test_a_number_of_pods_is_the_same_as_its_text() -> None:
    said = [
        outcome(deploymentStrategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": each}})
        for each in (1, "1")
    ]
    assert isinstance(said[0], Spec) and isinstance(said[1], Spec), said
    assert said[0].body == said[1].body


def test_a_service_needs_a_model_unless_its_image_is_one() -> None:
    frame = {"apiVersion": API_VERSION, "kind": "Service", "metadata": {"name": "x"}, "spec": {}}
    ((document,), _) = read(yaml.safe_dump(frame), "x.yaml")
    found = parse(document)
    assert not isinstance(found, Spec) and [each.code for each in found] == ["missing-field"]
    frame["spec"] = {"runtime": "custom", "image": "a/b"}
    ((document,), _) = read(yaml.safe_dump(frame), "x.yaml")
    assert isinstance(parse(document), Spec)
