"""What pods refer to and don't have: in rendered objects with their patches, and in Manifests."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from exai_compiler.crds import crd, is_known, problems
from exai_compiler.pods.loose_ends import WHOLE, loose_ends
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


def test_a_stateful_set_has_the_volumes_that_it_claims() -> None:
    pod = POD.replace("volumes: [{name: cache, emptyDir: {}}]", "")
    claims = [{"metadata": {"name": "cache"}, "spec": {"accessModes": ["ReadWriteOnce"]}}]
    body: Any = {"kind": "StatefulSet", "spec": {"template": {"spec": yaml.safe_load(pod)}}}
    assert len(list(loose_ends(freeze(body)))) == 2  # type: ignore[arg-type]
    body["spec"]["volumeClaimTemplates"] = claims
    assert list(loose_ends(freeze(body))) == []  # type: ignore[arg-type]
    claims[0]["metadata"] = {"name": "cash"}
    (found, _) = loose_ends(freeze(body))  # type: ignore[arg-type]
    assert found.message == "names no volume of the pod: `cache`"
    assert found.hint == 'did you mean "cash"? known here: cash'


# A pod with every kind of volume that people mount, a sidecar, and probes of each way.
RICH = """
restartPolicy: WORD
serviceAccountName: web
securityContext: {runAsNonRoot: true, fsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
initContainers:
- name: fetch
  image: a/fetch
  args: [--to, /data]
  volumeMounts: [{name: data, mountPath: /data}]
- name: logs
  image: a/logs
  restartPolicy: Always
  ports: [{name: admin, containerPort: 9900}]
  startupProbe: {httpGet: {path: /ready, port: admin}}
  volumeMounts: [{name: data, mountPath: /data, readOnly: true}]
containers:
- name: main
  image: a/main
  command: [serve]
  env:
  - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
  - {name: KEY, valueFrom: {secretKeyRef: {name: keys, key: token, optional: true}}}
  envFrom: [{configMapRef: {name: settings}}]
  ports: [{name: http, containerPort: 8080}, {name: grpc, containerPort: 9000, protocol: TCP}]
  resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {memory: 2Gi, nvidia.com/gpu: 1}}
  livenessProbe: {grpc: {port: 9000}, periodSeconds: 5}
  readinessProbe: {httpGet: {path: /, port: http}}
  startupProbe: {tcpSocket: {port: "8080"}}
  lifecycle: {preStop: {httpGet: {path: /quit, port: http}}}
  volumeMounts:
  - {name: data, mountPath: /data}
  - {name: data, mountPath: /data/cache, subPath: cache}
  - {name: settings, mountPath: /etc/settings}
  - {name: keys, mountPath: /etc/keys, readOnly: true}
  - {name: all, mountPath: /etc/all}
  - {name: scratch, mountPath: /scratch}
- name: proxy
  image: a/proxy
  ports: [{name: http, containerPort: 1}]
  livenessProbe: {exec: {command: [ok]}}
volumes:
- {name: data, persistentVolumeClaim: {claimName: data}}
- {name: settings, configMap: {name: settings, items: [{key: a, path: a}]}}
- {name: keys, secret: {secretName: keys, optional: true}}
- {name: all, projected: {sources: [{configMap: {name: a}}, {serviceAccountToken: {path: token}}]}}
- {name: unused, emptyDir: {medium: Memory, sizeLimit: 1Gi}}
- name: scratch
  ephemeral:
    volumeClaimTemplate:
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


def rich(kind: str) -> dict[str, Any]:
    """A whole and valid object of the kind, with a pod that has a lot."""
    once = kind in ("CronJob", "Job")
    pod: Any = yaml.safe_load(RICH.replace("WORD", "Never" if once else "Always"))
    template = {"metadata": {"labels": {"app": "a"}}, "spec": pod}
    chosen = {"selector": {"matchLabels": {"app": "a"}}, "template": template}
    if kind == "Notebook":  # whose CRD holds the pod of an older Kubernetes, without sidecars
        del pod["initContainers"][1]
    # What serves has its containers beside the rest of the pod's fields that its CRD has.
    served = {key: pod[key] for key in ("containers", "volumes")}
    claimed = {**pod, "volumes": [each for each in pod["volumes"] if each["name"] != "data"]}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    runtime = {**served, "supportedModelFormats": [{"name": "onnx", "version": "1"}]}
    group = {"rayStartParams": {"a": "b"}, "template": template}
    worker = {**group, "groupName": "w", "minReplicas": 0, "maxReplicas": 2, "replicas": 1}
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "ClusterServingRuntime": ("serving.kserve.io/v1alpha1", runtime),
        "CronJob": (
            "batch/v1",
            {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": template}}},
        ),
        "DaemonSet": ("apps/v1", chosen),
        "Deployment": ("apps/v1", {"replicas": 2, **chosen}),
        "InferenceService": (
            "serving.kserve.io/v1beta1",
            {"predictor": {"minReplicas": 1, **pod}, "transformer": pod},
        ),
        "Job": ("batch/v1", {"backoffLimit": 1, "template": template}),
        "Notebook": ("kubeflow.org/v1", {"template": {"spec": pod}}),
        "Pod": ("v1", pod),
        "RayCluster": ("ray.io/v1", {"headGroupSpec": group, "workerGroupSpecs": [worker]}),
        "ReplicaSet": ("apps/v1", chosen),
        "ServingRuntime": ("serving.kserve.io/v1alpha1", runtime),
        "StatefulSet": (
            "apps/v1",
            {
                **chosen,
                "serviceName": "a",
                "template": {**template, "spec": claimed},
                "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
            },
        ),
    }
    api, spec = kinds[kind]
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "a"}, "spec": spec}


@pytest.mark.parametrize("kind", sorted(WHOLE))
def test_a_valid_object_of_each_kind_has_none(kind: str) -> None:
    body: Any = freeze(rich(kind))
    assert [(each.path, each.message) for each in loose_ends(body)] == []
    if is_known(body["apiVersion"], kind):
        told = problems(crd(kind, body["apiVersion"]), body)
        assert [(each.path, each.message) for each in told] == []


@pytest.mark.parametrize("kind", sorted(WHOLE))
def test_of_each_kind_a_mount_of_no_volume_is_told(kind: str) -> None:
    body: Any = freeze(
        yaml.safe_load(yaml.safe_dump(rich(kind)).replace("name: scratch", "name: x", 1))
    )
    found = [each.message for each in loose_ends(body)]
    assert found and all(each.startswith("names no volume of the pod: ") for each in found)
