"""What rendered objects need in a cluster: every form of a reference, by kind and name."""

from __future__ import annotations

from typing import Any

from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.expected import Expected, expected
from exai_specs.effects import Effect
from exai_specs.frozen import freeze
from exai_specs.identity import Ref


def made(kind: str, api: str, spec: dict[str, Any], name: str = "x") -> Rendered:
    body = {"metadata": {"name": name, "namespace": "ml"}, "spec": spec}
    id_ = ObjectId(api, kind, name)
    return Rendered(id_, Ref("Service", name), freeze(body), wave=1, effect=Effect.RENDER)


def named(*items: Rendered) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for one in expected(items, items):
        found.setdefault(one.kind, []).append((one.name, one.keys) if one.keys else one.name)
    return found


def test_every_form_of_a_reference() -> None:
    pod = {
        "serviceAccountName": "runner",
        "imagePullSecrets": [{"name": "pull"}],
        "containers": [
            {
                "env": [
                    {"valueFrom": {"secretKeyRef": {"name": "db", "key": "user"}}},
                    {"valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                    {"valueFrom": {"secretKeyRef": {"name": "may", "key": "k", "optional": True}}},
                    {"valueFrom": {"configMapKeyRef": {"name": "settings", "key": "k"}}},
                ],
                "envFrom": [{"secretRef": {"name": "all"}}, {"configMapRef": {"name": "more"}}],
            }
        ],
        "volumes": [
            {"secret": {"secretName": "tls"}},
            {"configMap": {"name": "files"}},
            {"persistentVolumeClaim": {"claimName": "photos"}},
        ],
    }
    assert named(made("Deployment", "apps/v1", pod)) == {
        "ConfigMap": ["files", "more", ("settings", ("k",))],
        "Namespace": ["ml"],
        "PersistentVolumeClaim": ["photos"],
        "Secret": ["all", ("db", ("password", "user")), "pull", "tls"],
        "ServiceAccount": ["runner"],
    }


def test_what_a_run_is_given_and_what_it_names() -> None:
    keys = [{"secretKey": "token", "envVar": "T"}]
    step = {
        "secretAsEnv": [{"secretName": "api", "keyToEnv": keys}],
        "secretAsVolume": [
            {"secretName": "tls", "mountPath": "/a"},
            {"secretNameParameter": {"componentInputParameter": "which"}, "mountPath": "/b"},
            {"secretName": "may", "mountPath": "/c", "optional": True},
        ],
        "pvcMount": [{"constant": "photos"}, {"taskOutputParameter": {"producerTask": "create"}}],
    }
    found = named(made("PipelineVersion", "pipelines.kubeflow.org/v2beta1", {"p": step}))
    assert found["Secret"] == [("api", ("token",)), "tls"]
    assert found["PersistentVolumeClaim"] == ["photos"]
    assert found["CustomResourceDefinition"] == ["PipelineVersion.pipelines.kubeflow.org"]


def test_what_is_among_the_objects_is_not_expected() -> None:
    reads = made("Job", "batch/v1", {"envFrom": [{"configMapRef": {"name": "settings"}}]})
    brought = made("ConfigMap", "v1", {}, "settings")
    assert expected((reads, brought), (reads, brought)) == (Expected("Namespace", "ml"),)
    assert expected((), ()) == ()


def test_a_secret_that_an_object_makes_is_none() -> None:
    certificate = made("Certificate", "cert-manager.io/v1", {"secretName": "flowers-tls"})
    assert set(named(certificate)) == {"CustomResourceDefinition", "Namespace"}
