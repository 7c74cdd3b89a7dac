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


def test_what_kserve_reads_of_a_service_and_the_account_of_a_pipeline() -> None:
    def service(annotations: dict[str, str], model: dict[str, Any]) -> Rendered:
        kserve = "serving.kserve.io/v1beta1"
        body = {"metadata": {"annotations": annotations}, "spec": {"predictor": {"model": model}}}
        id_ = ObjectId(kserve, "InferenceService", "x")
        return Rendered(id_, Ref("Service", "x"), freeze(body), wave=4, effect=Effect.REDEPLOY)

    def found(item: Rendered) -> dict[str, list[Any]]:
        return {kind: names for kind, names in named(item).items() if not kind.startswith("Custom")}

    storage = {"storage": {"key": "minio", "path": "iris"}}
    mine = {"serving.kserve.io/storageSecretName": "mine"}
    silent = {"storage": {"path": "iris"}}
    assert found(service({}, silent)) == {"Secret": [("storage-config", ("default",))]}
    typed = {"storage": {"path": "iris", "parameters": {"type": "s3", "bucket": "acme"}}}
    assert found(service({}, typed)) == {}
    assert found(service({}, storage)) == {"Secret": [("storage-config", ("minio",))]}
    assert found(service(mine, storage)) == {"Secret": [("mine", ("minio",))]}
    assert found(service(mine, {"storageUri": "s3://b/x"})) == {"Secret": ["mine"]}
    claim = {"PersistentVolumeClaim": ["models"]}
    assert found(service({}, {"storageUri": "pvc://models/x"})) == claim
    variable = {"env": [{"name": "STORAGE_URI", "value": "pvc://models/x"}]}
    assert found(service({}, variable)) == claim
    runs = {"metadata": {"annotations": {"exai.dev/service-account": "runner"}}}
    id_ = ObjectId("pipelines.kubeflow.org/v2beta1", "PipelineVersion", "p-1")
    version = Rendered(id_, Ref("Pipeline", "p"), freeze(runs), wave=2, effect=Effect.RENDER)
    assert found(version) == {"ServiceAccount": ["runner"]}


def test_the_label_of_a_namespace_in_which_katib_searches() -> None:
    found = named(made("Experiment", "kubeflow.org/v1beta1", {}))
    label = "katib.kubeflow.org/metrics-collector-injection: enabled"
    assert found["Namespace"] == [("ml", (label,))]
