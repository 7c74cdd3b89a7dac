"""Every name in what is rendered is one that Kubernetes takes, however long the names of the specs
are that are valid; of one that is too long, or none, the error stands at the name itself.

The rules are Kubernetes' own (k8s.io/apimachinery, pkg/util/validation), and those of the webhooks
and controllers of KServe, Kubeflow Pipelines and Katib.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from valid_projects import components, told

from exai_compiler.facts import Facts, Lock
from exai_compiler.project import link
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_specs.diagnostics import has_errors
from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.parse import parse_all

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
HOST = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(rf"{LABEL.pattern}(\.{LABEL.pattern})*")
VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
IMAGE = f"example.com/exai@sha256:{'0' * 64}"
# What a kind's name may come to, with what its controller adds to it.
OBJECTS: Mapping[str, tuple[re.Pattern[str], int]] = {
    "InferenceService": (HOST, 63 - len("-predictor")),
    "InferenceGraph": (HOST, 63),
    "LLMInferenceService": (HOST, 63),
    "Experiment": (HOST, 40),
    "Notebook": (LABEL, 52),
    "PipelineVersion": (LABEL, 63),
    "Pipeline": (LABEL, 63),
}
LABELLED = ("volumes", "volumeMounts", "containers", "initContainers")
NAMES = ("namespace", "service", "graph", "llm", "runtime", "notebook", "tuning", "pipeline")
INNER = (
    "schedule",
    "claim",
    "step",
    "sidecar",
    "port",
    "secret",
    "node",
    "label",
    "account",
    "files",
)
LIMITS: Mapping[str, tuple[str, int]] = {
    **dict.fromkeys((*NAMES, "schedule"), (HOST.pattern, 63)),
    **dict.fromkeys(("service", "graph", "llm"), (HOST.pattern, 51)),
    "namespace": (HOST.pattern, 11),
    "pipeline": (HOST.pattern, 50),
    "notebook": (HOST.pattern, 52),
    "tuning": (HOST.pattern, 27),
    "claim": ("[a-z0-9]", 40),
    "step": (HOST.pattern, 63),
    "sidecar": (LABEL.pattern, 63),
    "port": ("[a-z0-9]", 15),
    "files": (LABEL.pattern, 63),
    "secret": (SUBDOMAIN.pattern, 253),
    "account": (SUBDOMAIN.pattern, 253),
    "node": (QUALIFIED.pattern, 63),
    "label": (QUALIFIED.pattern, 63),
}
LETTERS = "abcxyz"


def longest(name: str) -> str:
    """A valid name of the greatest length, like no other here."""
    first = LETTERS[(*NAMES, *INNER).index(name) % 6] + LETTERS[len(name) % 6]
    return f"{first}{name}".ljust(LIMITS[name][1], "a")[: LIMITS[name][1]]


def text(names: Mapping[str, str]) -> str:
    """A project with all that is rendered for a cluster."""
    return f"""
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {{name: p}}
spec:
  exai: ">=0.1"
  environments:
    prod:
      target: kubeflow
      namespace: {names["namespace"]}
      serving: {{mode: Standard, gatewayApi: true}}
      pipelines: {{mode: kubernetes}}
      monitoring: {{podMonitor: true, dashboards: true, istio: true}}
      security: {{networkPolicies: true}}
      images: {{train: "{IMAGE}", serve: "{IMAGE}"}}
---
apiVersion: exai.dev/v1alpha1
kind: Runtime
metadata: {{name: {names["runtime"]}}}
spec:
  image: {IMAGE}
  formats: {{forest: {{version: "1"}}}}
  protocols: [v2]
---
apiVersion: exai.dev/v1alpha1
kind: Service
metadata: {{name: {names["service"]}, labels: {{team: {names["label"]}}}}}
spec:
  model: {{uri: s3://b/m, format: forest, formatVersion: "1"}}
  runtime: {names["runtime"]}
  serviceAccount: {names["account"]}
  ports: {{{names["port"]}: 8090}}
  volumes: {{/{"v" * 80}: {{secret: {names["secret"]}}}, /Q_q: {{pvc: {names["secret"]}}}}}
  sidecars: {{{names["sidecar"]}: {{image: "{IMAGE}"}}}}
  slo: {{latency: {{p99: 1s}}, errorRate: 1%}}
  transformer: {{image: "{IMAGE}"}}
---
apiVersion: exai.dev/v1alpha1
kind: Graph
metadata: {{name: {names["graph"]}}}
spec:
  nodes:
    root:
      routerType: Sequence
      steps: [{{service: {names["service"]}}}, {{node: {names["node"]}}}]
    {names["node"]}: {{routerType: Sequence, steps: [{{service: {names["service"]}}}]}}
---
apiVersion: exai.dev/v1alpha1
kind: LLMService
metadata: {{name: {names["llm"]}}}
spec:
  model: {{uri: hf://a/b}}
  router: {{route: {{}}, gateway: {{}}, scheduler: {{}}}}
  volumes: {{/x: {{secret: {names["secret"]}}}}}
---
apiVersion: exai.dev/v1alpha1
kind: Notebook
metadata: {{name: {names["notebook"]}}}
spec: {{image: "{IMAGE}"}}
---
apiVersion: exai.dev/v1alpha1
kind: Tuning
metadata: {{name: {names["tuning"]}}}
spec:
  objective: {{metric: accuracy, type: maximize}}
  algorithm: {{name: random}}
  parameters: {{lr: {{type: double, min: 0.01, max: 0.03}}}}
  trial:
    image: {IMAGE}
    command: [train, "--lr=${{{{ trial.lr }}}}"]
    volumes: {{/x: {{pvc: {names["secret"]}}}}}
---
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {{name: {names["pipeline"]}}}
spec:
  claims: {{{names["claim"]}: {{size: 1Gi, storageClass: fast}}}}
  schedules: {{{names["schedule"]}: {{every: 1h}}}}
  steps:
    {names["step"]}:
      image: {IMAGE}
      command: [run]
      volumes: {{/x: {{claim: {names["claim"]}}}, /y: {{secret: {names["files"]}}}}}
"""


@cache
def outcome(names: tuple[tuple[str, str], ...]) -> tuple[list[Any], list[dict[str, Any]]]:
    """The errors of such a project, and what is rendered of it without any."""
    written = text(dict(names))
    errors = [each for each in told({"exai.yaml": written}) if each.severity == "error"]
    if errors:
        return errors, []
    specs, problems = parse_all(read(written, "exai.yaml")[0])
    project = link(specs)
    assert project is not None and not has_errors(problems)
    environment = project.environment("prod")
    assert environment is not None
    resolved = resolve(project, "prod", environment, components(), Lock(), Facts())
    return [], [thaw(each.body) for each in render(resolved).objects]


def parts(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, value
    items = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = [("*", item) for item in value]
    for key, item in items:
        yield from parts(item, (*path, str(key)))


def is_name(rule: re.Pattern[str], name: str, most: int = 63) -> bool:
    return rule.fullmatch(name) is not None and len(name) <= most


def judge(one: dict[str, Any]) -> None:
    """One object as Kubernetes judges its names."""
    name, kind = one["metadata"]["name"], one["kind"]
    rule, most = OBJECTS.get(kind, (SUBDOMAIN, 253))
    assert is_name(rule, name, most), (kind, name)
    assert is_name(LABEL, one["metadata"].get("namespace", "a")), kind
    for path, value in parts(one):
        if path[-1:] == ("labels",) and isinstance(value, dict):
            for key, label in value.items():
                prefix, slash, last = key.rpartition("/")
                assert is_name(QUALIFIED, last), key
                assert not slash or is_name(SUBDOMAIN, prefix, 253), key
                assert is_name(VALUE, label), (key, label)
        elif path[-2:] == ("*", "name") and path[-3] in LABELLED:
            assert is_name(LABEL, value), value
        elif path[-3:] == ("ports", "*", "name"):
            assert is_name(LABEL, value, 15), value
        elif path[-1:] in (("secretName",), ("claimName",), ("serviceAccountName",)):
            assert is_name(SUBDOMAIN, value, 253), value


def test_the_longest_names_of_all_are_rendered_as_valid_ones() -> None:
    names = tuple((name, longest(name)) for name in (*NAMES, *INNER))
    errors, objects = outcome(names)
    assert errors == []
    kinds = {each["kind"] for each in objects}
    assert set(OBJECTS) | {"RecurringRun", "PersistentVolumeClaim", "ConfigMap"} <= kinds, kinds
    for one in objects:
        judge(one)


@pytest.mark.parametrize("name", [*NAMES, *INNER])
def test_one_more_character_is_told_at_the_name(name: str) -> None:
    names = {each: longest(each)[:9] for each in (*NAMES, *INNER)}
    names[name] = longest(name).ljust(63 if name == "namespace" else 0, "a") + "a"
    errors, _ = outcome(tuple(names.items()))
    lines = text(names).splitlines()
    assert any(names[name] in lines[each.at.line - 1] for each in errors), errors


@st.composite
def named(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    """One name is drawn, by what a hand may write; the others are plain."""
    which = draw(st.sampled_from((*NAMES, *INNER)))
    written = draw(st.text("ab9-._A", min_size=1, max_size=LIMITS[which][1]))
    names = {each: longest(each)[:9] for each in (*NAMES, *INNER)}
    return tuple((names | {which: f'"{written}"'}).items())


@settings(max_examples=150, deadline=None)
@given(named())
def test_a_name_is_refused_or_rendered_as_a_valid_one(
    names: tuple[tuple[str, str], ...],
) -> None:
    errors, objects = outcome.__wrapped__(names)
    assert errors or objects
    for one in objects:
        judge(one)
