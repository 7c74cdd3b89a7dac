"""What Kubernetes, KServe, MLflow or Kubeflow would refuse, told while a document is parsed; and
text that says nothing."""

from __future__ import annotations

import pytest

from exai_specs.documents import read
from exai_specs.kinds import KINDS
from exai_specs.parse import Spec, parse

SERVICE = "model: iris@champion"
NOTEBOOK = "image: example.com/notebook"
DATASET = "schema: {a: int64}, source"
STEP = "steps: {s: {image: example.com/x, command: [x]}}"
HTTP = "httpGet: {port: 8888}"


def said(kind: str, spec: str) -> list[str]:
    """The place and the problem of each, in order."""
    text = f"apiVersion: exai.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: iris}}\n"
    (document,), problems = read(f"{text}spec: {{{spec}}}\n", "x.yaml")
    assert problems == () and kind in KINDS
    parsed = parse(document)
    if isinstance(parsed, Spec):
        return []
    assert all(each.hint for each in parsed)
    return [each.message for each in parsed]


@pytest.mark.parametrize(
    ("kind", "spec", "message"),
    [
        ("Service", f"{SERVICE}, resources: {{memory: 500m}}", "spec.resources.memory: must be wh"),
        ("Service", f"{SERVICE}, resources: {{memory: 0.5}}", "spec.resources.memory: must be wh"),
        (
            "Service",
            f"{SERVICE}, resources: {{nvidia.com/gpu: 0.5}}",
            "spec.resources.nvidia.com/gpu: must be whole",
        ),
        (
            "Service",
            f"{SERVICE}, volumes: {{/a: {{emptyDir: {{size: 500m}}}}}}",
            "spec.volumes./a.emptyDir.size: must be whole",
        ),
        (
            "Service",
            f"{SERVICE}, volumes: {{/a: {{ephemeral: {{size: 0}}}}}}",
            "spec.volumes./a.ephemeral.size: must be more than nothing",
        ),
        (
            "Service",
            f"{SERVICE}, volumes: {{/a: {{pvc: p, subPath: ../b}}}}",
            "spec.volumes./a.subPath: leads out of the volume",
        ),
        (
            "Service",
            f"{SERVICE}, volumes: {{/a: {{pvc: p, subPath: /b}}}}",
            "spec.volumes./a.subPath: leads out of the volume",
        ),
        (
            "Notebook",
            f"{NOTEBOOK}, workspace: {{accessModes: [ReadWriteOncePod, ReadWriteOnce]}}",
            "spec.workspace.accessModes: ReadWriteOncePod stands alone",
        ),
        ("Notebook", f"{NOTEBOOK}, workspace: {{size: 0}}", "spec.workspace.size: must be more"),
        (
            "Notebook",
            f"{NOTEBOOK}, workspace: {{storageClass: Fast One}}",
            "spec.workspace.storageClass: a name here has",
        ),
        ("Pipeline", f"{STEP}, workspace: {{size: 0}}", "spec.workspace.size: must be more"),
        (
            "Pipeline",
            f"{STEP}, ttl: {{failure: 4000w}}",
            "spec.ttl.failure: must be at most 2147483647s, which is 68 years",
        ),
        ("Pipeline", f"{STEP}, timeout: 4000w", "spec.timeout: must be at most 2147483647s"),
        *(
            (
                "Service",
                f"{SERVICE}, env: {{A: {{{of}: db, key: {key}}}}}",
                f"spec.env.A.key: {words}",
            )
            for of, key, words in (
                ("secret", "a b", "a name here has letters, digits, `-`, `_` and `.`"),
                ("configMap", "conf/app", "a name here has letters, digits, `-`, `_` and `.`"),
                ("secret", "../token", "a name here has letters"),
                ("secret", "..token", "a key is no `.`, and doesn't start with `..`"),
                ("secret", ".", "a key is no `.`, and doesn't start with `..`"),
            )
        ),
        (
            "Pipeline",
            f"{STEP}, claims: {{c: {{size: 0.5, storageClass: fast}}}}",
            "spec.claims.c.size: must be whole",
        ),
        ("Notebook", f"{NOTEBOOK}, ports: {{a: 80, b: 80}}", "spec.ports.b: another name has"),
        (
            "Notebook",
            f"{NOTEBOOK}, probes: {{liveness: {{{HTTP}, successThreshold: 2}}}}",
            "spec.probes.liveness.successThreshold: must be 1 here",
        ),
        (
            "Notebook",
            f"{NOTEBOOK}, probes: {{readiness: {{{HTTP}, terminationGracePeriodSeconds: 2}}}}",
            "spec.probes.readiness.terminationGracePeriodSeconds: is of liveness",
        ),
        (
            "Notebook",
            f"{NOTEBOOK}, probes: {{startup: {{exec: {{command: []}}}}}}",
            "spec.probes.startup.exec.command: must not be empty",
        ),
        ("Service", f"{SERVICE}, nodeSelector: {{a: 'b c'}}", "spec.nodeSelector.a: a name here"),
        ("Service", f"{SERVICE}, batcher: {{}}", "spec.batcher: says nothing"),
        (
            "Service",
            f"{SERVICE}, logger: {{mode: all, url: x}}",
            "spec.logger.url: must be an http",
        ),
        (
            "Service",
            f"{SERVICE}, canary: {{model: iris@2, traffic: 100%}}",
            "spec.canary.traffic: must leave some requests",
        ),
        (
            "Service",
            f"{SERVICE}, slo: {{errorRate: 0%}}",
            "spec.slo.errorRate: must be more than 0%",
        ),
        (
            "Service",
            f"{SERVICE}, slo: {{errorRate: 100.0%}}",
            "spec.slo.errorRate: must be more than 0%",
        ),
        (
            "Service",
            f"{SERVICE}, slo: {{errorRate: 1%, window: 1ms}}",
            "spec.slo.window: is less than anything",
        ),
        ("Service", f"{SERVICE}, runtimeVersion: ''", "spec.runtimeVersion: must not be empty"),
        (
            "Graph",
            "nodes: {root: {routerType: Sequence, steps: [{url: x}]}}",
            "spec.nodes.root.steps[0].url: must be an http",
        ),
        (
            "Graph",
            "nodes: {root: {routerType: Switch, steps: [{service: s, condition: ' '}]}}",
            "spec.nodes.root.steps[0].condition: must not be empty",
        ),
        (
            "Runtime",
            "image: x, formats: {onnx: {}}, protocols: [v1, v2, v1]",
            "spec.protocols[2]: stands there already",
        ),
        ("Dataset", f"{DATASET}: {{csv: {{path: ''}}}}", "spec.source.csv.path: must not be empty"),
        (
            "Dataset",
            f"{DATASET}: {{sql: {{connection: c, query: ' '}}}}",
            "spec.source.sql.query: must not be empty",
        ),
        (
            "Dataset",
            f"{DATASET}: {{csv: {{path: a}}}}, version: {{fixed: ''}}",
            "spec.version.fixed: must not be empty",
        ),
        (
            "Dataset",
            "source: {csv: {path: a}}, schema: {a: {type: int32, enum: [3000000000]}}",
            "spec.schema.a.enum[0]: is no int32",
        ),
        ("Pipeline", f"{STEP}, experiment: ' '", "spec.experiment: must not be empty"),
        ("Pipeline", f"{STEP}, run: {{on: [spec, spec]}}", "spec.run.on[1]: stands there already"),
        ("Model", "task: other, source: {registry: {name: ''}}", "spec.source.registry.name: "),
        ("Model", "task: other, source: {registry: {name: a/b}}", "spec.source.registry.name: a n"),
    ],
)
def test_what_is_refused(kind: str, spec: str, message: str) -> None:
    (found,) = said(kind, spec)
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ("tracking: {uri: mlflow}", "tracking.uri: must be an address such as"),
        ("tracking: {uri: 'https://'}", "tracking.uri: must be an address such as"),
        ("pipelines: {endpoint: kfp}", "pipelines.endpoint: must be an http or https"),
        ("data: {root: ''}", "data.root: must not be empty"),
        ("models: {store: ' '}", "models.store: must not be empty"),
        ("apply: {gitops: {path: ../x}}", "apply.gitops.path: leads out of the repository"),
        ("reconcile: {may: [create, create]}", "reconcile.may[1]: stands there already"),
        ("monitoring: {labels: {release: a b}}", "monitoring.labels.release: a name here has"),
        ("connections: {w: {sqlite: {path: ''}}}", "connections.w.sqlite.path: must not be empty"),
    ],
)
def test_what_an_environment_cannot_say(environment: str, message: str) -> None:
    (found,) = said("Project", f"environments: {{prod: {{target: kubeflow, {environment}}}}}")
    assert found.startswith(f"spec.environments.prod.{message}")


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Service", f"{SERVICE}, resources: {{cpu: 500m, memory: 512Mi, nvidia.com/gpu: 2}}"),
        ("Service", f"{SERVICE}, volumes: {{/a: {{pvc: p, subPath: a..b/c}}}}"),
        ("Service", f"{SERVICE}, canary: {{model: iris@2, traffic: 0%}}"),
        ("Service", "model: {format: onnx, storage: {path: a}}"),
        ("Service", "model: {format: onnx, storage: {path: a, parameters: {bucket: b}}}"),
        ("Service", "model: {format: onnx, storage: {path: a, parameters: {type: hdfs}}}"),
        (
            "Service",
            "model: {format: onnx, storage: {path: a, parameters: {type: s3, bucket: b}}}",
        ),
        (
            "Notebook",
            f"{NOTEBOOK}, workspace: {{storageClass: '', accessModes: [ReadWriteOncePod]}}",
        ),
        ("Notebook", f"{NOTEBOOK}, probes: {{readiness: {{{HTTP}, successThreshold: 2}}}}"),
        ("Model", "task: other, source: {registry: {name: Their model 2}}"),
        ("Project", "environments: {prod: {target: kubeflow, tracking: {uri: databricks}}}"),
        (
            "Project",
            "environments: {prod: {target: kubeflow, tracking: {uri: 'postgresql://db/mlflow'}}}",
        ),
    ],
)
def test_what_is_taken(kind: str, spec: str) -> None:
    assert said(kind, spec) == []
