"""Patches: what they become in an object, and what they may not say (LANGUAGE 3.2)."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exai_compiler.checks.patch_rules import Patched, judged
from exai_compiler.maybe import Unknown
from exai_compiler.patches import ALLOWANCES, breaches, in_patch, merged
from exai_specs.documents import read
from exai_specs.frozen import freeze, thaw
from exai_specs.identity import Ref
from exai_specs.kinds import Environment
from exai_specs.kinds.environment import Security
from exai_specs.parse import Spec, parse

BODY: dict[str, Any] = {
    "apiVersion": "serving.kserve.io/v1beta1",
    "kind": "InferenceService",
    "metadata": {"name": "iris"},
    "spec": {
        "predictor": {
            "minReplicas": 1,
            "containers": [{"name": "a", "image": "a/1"}, {"name": "b", "image": "b/1"}],
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
            "model": {
                "modelFormat": {"name": "sklearn"},
                "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                "args": ["--x", "--y"],
                "ports": [{"containerPort": 8080, "protocol": "TCP"}],
            },
        }
    },
}


def predictor(patch: dict[str, Any]) -> Any:
    whole = {"spec": {"predictor": patch}}
    found = thaw(merged("InferenceService", freeze(BODY), freeze(whole)))  # type: ignore[arg-type]
    return found["spec"]["predictor"]


def test_mappings_merge_and_null_deletes() -> None:
    found = predictor({"minReplicas": None, "model": {"modelFormat": {"version": "1"}}})
    assert "minReplicas" not in found
    assert found["model"]["modelFormat"] == {"name": "sklearn", "version": "1"}


def test_lists_of_a_known_key_merge_by_it_and_new_items_follow() -> None:
    found = predictor(
        {
            "containers": [{"name": "c", "image": "c/1"}, {"name": "a", "image": "a/2"}],
            "model": {"env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]},
        }
    )
    assert found["containers"] == [
        {"name": "a", "image": "a/2"},
        {"name": "b", "image": "b/1"},
        {"name": "c", "image": "c/1"},
    ]
    assert [(e["name"], e["value"]) for e in found["model"]["env"]] == [
        ("A", "1"),
        ("B", "3"),
        ("C", "4"),
    ]


def test_a_key_that_the_schema_fills_in_counts() -> None:
    found = predictor({"model": {"ports": [{"containerPort": 8080, "name": "http"}]}})
    assert found["model"]["ports"] == [{"containerPort": 8080, "protocol": "TCP", "name": "http"}]


def test_every_other_list_is_replaced() -> None:
    found = predictor({"tolerations": [], "model": {"args": ["--z"]}})
    assert found["tolerations"] == [] and found["model"]["args"] == ["--z"]


def test_nulls_in_what_is_new_are_left_out() -> None:
    assert predictor({"affinity": {"podAffinity": None}})["affinity"] == {}


def test_an_object_without_a_table_has_the_lists_of_pods() -> None:
    body = {"spec": {"volumes": [{"name": "a", "x": 1}], "rules": [{"name": "a", "x": 1}]}}
    patch = {"spec": {"volumes": [{"name": "a", "y": 2}], "rules": [{"name": "a", "y": 2}]}}
    found = thaw(merged("NetworkPolicy", freeze(body), freeze(patch)))  # type: ignore[arg-type]
    assert found["spec"] == {
        "volumes": [{"name": "a", "x": 1, "y": 2}],
        "rules": [{"name": "a", "y": 2}],
    }


def test_a_part_of_the_result_is_found_in_the_patch() -> None:
    patch = freeze({"spec": {"predictor": {"containers": [{"name": "b", "image": "b/2"}]}}})
    result = merged("InferenceService", freeze(BODY), patch)  # type: ignore[arg-type]
    where = ("spec", "predictor", "containers", 1, "image")
    found = in_patch("InferenceService", result, patch, where)  # type: ignore[arg-type]
    assert found == ("spec", "predictor", "containers", 0, "image")
    other = ("spec", "predictor", "containers", 0, "image")
    found = in_patch("InferenceService", result, patch, other)  # type: ignore[arg-type]
    assert found == ("spec", "predictor", "containers")


PLAIN = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "env", "spec", "containers"]), inner, max_size=3)
    ),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(st.sampled_from(["spec", "containers", "volumes", "x"]), PLAIN)


@given(MAPPINGS)
def test_no_patch_changes_nothing(body: dict[str, Any]) -> None:
    assert thaw(merged("Any", freeze(body), {})) == body  # type: ignore[arg-type]


@given(MAPPINGS, MAPPINGS)
def test_a_patch_can_be_applied_again(body: dict[str, Any], patch: dict[str, Any]) -> None:
    """Idempotent where list items have keys; items without one would be added again."""
    said = freeze(without_lists(patch))
    once = merged("InferenceService", freeze(body), said)  # type: ignore[arg-type]
    assert thaw(merged("InferenceService", once, said)) == thaw(once)  # type: ignore[arg-type]


def without_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_lists(v) for k, v in value.items() if not isinstance(v, list)}
    return value


@pytest.mark.parametrize(
    ("pod", "words"),
    [
        ({"hostNetwork": True, "hostPID": True}, ["host-namespaces", "host-namespaces"]),
        ({"volumes": [{"name": "a", "hostPath": {"path": "/"}}]}, ["host-path"]),
        ({"containers": [{"ports": [{"containerPort": 1, "hostPort": 80}]}]}, ["host-ports"]),
        ({"securityContext": {"runAsUser": 0, "runAsNonRoot": False}}, ["root", "root"]),
        ({"securityContext": {"privileged": True}}, ["privileged"]),
        ({"securityContext": {"allowPrivilegeEscalation": True}}, ["privilege-escalation"]),
        (
            {"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE", "SYS_ADMIN"]}}},
            ["capabilities"],
        ),
        (
            {
                "securityContext": {
                    "procMount": "Unmasked",
                    "seccompProfile": {"type": "Unconfined"},
                }
            },
            ["unconfined", "unconfined"],
        ),
        ({"securityContext": {"runAsUser": 1000, "capabilities": {"drop": ["ALL"]}}}, []),
        ({"hostNetwork": False, "volumes": [{"name": "a", "emptyDir": {}}]}, []),
    ],
)
def test_what_leaves_the_restricted_profile(pod: dict[str, Any], words: list[str]) -> None:
    assert [found.allowance for found in breaches(freeze({"spec": pod}))] == words  # type: ignore[arg-type]


def test_an_environment_may_allow_each_of_them() -> None:
    allow = get_type_hints(Security, include_extras=True)["allow"]
    assert set(get_args(get_args(get_args(allow)[0])[0])) == set(ALLOWANCES)


TEXT = """
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {name: iris}
spec:
  model: iris_model@champion
  patches:
    InferenceService:
      spec:
        predictor: PATCH
"""


def judge(patch: str, **allowed: Any) -> list[str]:
    (document,), problems = read(TEXT.replace("PATCH", patch), "x.yaml")
    spec = parse(document)
    assert problems == () and isinstance(spec, Spec)
    said = spec.body.patches["InferenceService"]  # type: ignore[union-attr]
    environment = Environment(target="kubeflow", **allowed)
    body: Any = freeze(BODY)
    patched = Patched(spec, "InferenceService", body, said, "prod", environment)
    return [f"{d.at.line}:{d.at.column} {d.code}" for d in judged(patched, spec)]


def test_a_patch_outside_of_the_profile_is_refused_at_its_place() -> None:
    assert judge("{hostNetwork: true}") == ["10:34 restricted-pod"]
    allow = Security(allow=("host-namespaces",))
    assert judge("{hostNetwork: true}", security=allow) == []


def test_a_patch_of_a_container_that_is_not_there_is_told() -> None:
    assert judge("{containers: [{name: a, args: [--x]}]}") == []
    assert judge("{containers: [{name: aa, args: [--x]}]}") == ["10:34 patch-invalid"]
    probe = "{containers: [{name: a, readinessProbe: {httpGet: {port: http}}}]}"
    assert judge(probe) == ["10:77 patch-invalid"]


def test_what_only_a_patch_can_say_of_security_shadows_nothing() -> None:
    allow = Security(allow=("capabilities",))
    patch = "{model: {securityContext: {capabilities: {add: [SYS_TIME]}}}}"
    assert judge(patch, security=allow) == []


def test_what_is_not_known_yet_is_the_documents_too() -> None:
    body = {**BODY, "spec": {"predictor": {"model": {"storageUri": "x"}}}}
    frozen: Any = freeze(body)
    waits = Unknown(Ref("Model", "iris_model"), "no version")
    frozen = {**frozen, "spec": {"predictor": {"model": {"storageUri": waits}}}}
    (document,), _ = read(TEXT.replace("PATCH", "{model: {storageUri: 's3://b'}}"), "x.yaml")
    spec = parse(document)
    assert isinstance(spec, Spec)
    said = spec.body.patches["InferenceService"]  # type: ignore[union-attr]
    environment = Environment(target="kubeflow")
    patched = Patched(spec, "InferenceService", frozen, said, "prod", environment)
    assert [d.code for d in judged(patched, spec)] == ["patch-shadows-field"]
