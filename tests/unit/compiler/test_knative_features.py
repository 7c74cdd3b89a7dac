"""What Knative takes in a pod only where a cluster has turned it on."""

from __future__ import annotations

import pytest

from exai_compiler.catalog import catalog
from exai_compiler.checks import check
from exai_compiler.project import link
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

IMAGE = f'image: "example.com/x@sha256:{"ab" * 32}"'
PODS = "kubernetes.podspec-"
CLAIM, WRITE = f"{PODS}persistent-volume-claim", f"{PODS}persistent-volume-write"


def project(*documents: str, mode: str = "Knative") -> str:
    head = f"""
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {{name: scoring}}
spec:
  exai: ">=0.1"
  environments:
    prod:
      target: kubeflow
      namespace: ml-prod
      serving: {{mode: {mode}}}
      images: {{serve: "example.com/serve@sha256:{"cd" * 32}"}}
"""
    return "\n---\n".join([head, *documents])


def document(kind: str, body: str, name: str = "a") -> str:
    lines = "\n".join(f"  {line}" for line in body.splitlines())
    head = f"apiVersion: exai.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n"
    return head + lines


def service(body: str) -> str:
    return document("Service", f'model: {{uri: "s3://acme-ml/m", format: sklearn}}\n{body}')


def patched(said: str) -> str:
    return service(f"patches: {{InferenceService: {{spec: {{predictor: {said}}}}}}}")


def told(text: str) -> list[tuple[str, str]]:
    """The field that is told, and the flags that the hint names; "" for an error without any."""
    documents, problems = read(text, "exai.yaml")
    specs = [parse(each) for each in documents]
    assert problems == () and all(isinstance(spec, Spec) for spec in specs), specs
    linked = link(spec for spec in specs if isinstance(spec, Spec))
    assert linked is not None
    lines = text.splitlines()
    found = []
    for each in check(linked, catalog({})):
        if each.code not in ("knative-feature", "serving-mode"):
            continue
        flags = [word.rstrip(":`") for word in each.hint.replace("`", " ").split() if "-" in word]
        flags = [flag for flag in flags if flag.startswith(("kubernetes.", "multi-"))]
        at = lines[each.at.line - 1][each.at.column - 1 :]
        found.append((at.replace(",", ":").partition(":")[0].strip("{ "), " ".join(flags)))
    return found


@pytest.mark.parametrize(
    ("body", "field", "flags"),
    [
        ("nodeSelector: {gpu: a}", "nodeSelector", f"{PODS}nodeselector"),
        ("tolerations: [{operator: Exists}]", "tolerations", f"{PODS}tolerations"),
        (f"initContainers: {{x: {{{IMAGE}}}}}", "initContainers", f"{PODS}init-containers"),
        ("volumes: {/c: {pvc: c}}", "pvc", f"{CLAIM} {WRITE}"),
        ("volumes: {/c: {pvc: c, readOnly: true}}", "pvc", CLAIM),
        ("volumes: {/c: {ephemeral: {size: 1Gi}}}", "ephemeral", ""),
        ("env: {POD: {field: metadata.name}}", "field", f"{PODS}fieldref"),
        (f"explainer: {{{IMAGE}, nodeSelector: {{a: b}}}}", "nodeSelector", f"{PODS}nodeselector"),
        (
            f"ports: {{http1: 8080}}\nsidecars: {{x: {{{IMAGE}, "
            "probes: {readiness: {exec: {command: [a]}}}}}",
            "probes",
            "multi-container-probing",
        ),
    ],
)
def test_a_field_that_is_off_as_knative_is_shipped(body: str, field: str, flags: str) -> None:
    assert told(project(service(body))) == [(field, flags)]
    assert told(project(service(body), mode="Standard")) == []
    assert told(project(service(f"mode: Standard\n{body}"))) == []


@pytest.mark.parametrize(
    "body",
    [
        "volumes: {/a: {emptyDir: {}}, /b: {configMap: b}, /c: {secret: c}, /d: {memory: 1Gi}}",
        "securityContext: {runAsUser: 1000, runAsGroup: 1000}",
        "probes: {readiness: {exec: {command: [a]}}}",
        "imagePullSecrets: [{name: registry}]\nserviceAccount: reader",
        "env: {A: {secret: s, key: k}, B: {configMap: c, key: k}}",
        "patches: {InferenceService: {spec: {predictor: {hostNetwork: false}}}}",
        "patches: {InferenceService: {spec: {predictor: {labels: {affinity: a}}}}}",
    ],
)
def test_what_knative_takes_as_it_is_shipped(body: str) -> None:
    assert told(project(service(body))) == []


@pytest.mark.parametrize(
    ("said", "field", "flags"),
    [
        ("{affinity: {}}", "affinity", f"{PODS}affinity"),
        ("{priorityClassName: high}", "priorityClassName", f"{PODS}priorityclassname"),
        ("{schedulerName: volcano}", "schedulerName", f"{PODS}schedulername"),
        ("{runtimeClassName: gvisor}", "runtimeClassName", f"{PODS}runtimeclassname"),
        ("{securityContext: {fsGroup: 1000}}", "securityContext", f"{PODS}securitycontext"),
        ("{dnsPolicy: None}", "dnsPolicy", f"{PODS}dnspolicy"),
        ("{shareProcessNamespace: true}", "shareProcessNamespace", f"{PODS}shareprocessnamespace"),
        (
            "{topologySpreadConstraints: "
            "[{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]}",
            "topologySpreadConstraints",
            f"{PODS}topologyspreadconstraints",
        ),
        (
            "{hostAliases: [{ip: 10.0.0.1, hostnames: [a]}]}",
            "hostAliases",
            f"{PODS}hostaliases",
        ),
        (
            "{volumes: [{name: v, persistentVolumeClaim: {claimName: c}}], "
            "model: {volumeMounts: [{name: v, mountPath: /v}]}}",
            "persistentVolumeClaim",
            f"{CLAIM} {WRITE}",
        ),
    ],
)
def test_a_field_that_only_a_patch_has(said: str, field: str, flags: str) -> None:
    assert told(project(patched(said))) == [(field, flags)]
    assert told(project(patched(said), mode="Standard")) == []


def test_a_containers_own_security_is_no_pods() -> None:
    said = "{model: {securityContext: {readOnlyRootFilesystem: true}}}"
    assert told(project(patched(said))) == []


def test_a_runtime_counts_where_it_serves_in_knative_mode() -> None:
    own = document("Runtime", f"{IMAGE}\nformats: {{onnx: {{}}}}\nnodeSelector: {{gpu: a}}", "mine")
    files = 'model: {uri: "s3://acme-ml/m", format: onnx}\nruntime: '
    uses = document("Service", f"{files}mine\nprotocol: v2")
    others = document("Service", f"{files}kserve-tritonserver\nprotocol: v2")
    flag = [("nodeSelector", f"{PODS}nodeselector")]
    assert told(project(own, uses)) == flag
    assert told(project(own, others)) == []
    assert told(project(own, uses, mode="Standard")) == []


def test_a_router_is_a_pod_of_knatives_too() -> None:
    graph = document(
        "Graph",
        "nodes: {root: {routerType: Sequence, steps: [{service: a}]}}\n"
        "tolerations: [{operator: Exists}]\n"
        "patches: {InferenceGraph: {spec: {affinity: {}}}}",
        "g",
    )
    flags = [("tolerations", f"{PODS}tolerations"), ("affinity", f"{PODS}affinity")]
    assert told(project(service("protocol: v1"), graph)) == flags
    assert told(project(service("protocol: v1"), graph, mode="Standard")) == []
