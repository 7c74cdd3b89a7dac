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
        ({"probes": {"liveness": {**PORT_8080, "exec": {"command": []}}}}, "exactly-one-of", ""),
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
