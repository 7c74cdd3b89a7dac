"""Values that Kubernetes or Feast would refuse, or take for something else: told while a document
is parsed.
"""

from __future__ import annotations

import pytest

from exai_specs.documents import read
from exai_specs.kinds import KINDS
from exai_specs.parse import Spec, parse

SERVICE = "model: iris@champion"
VIEW = "{dataset: d, entities: [e], features: [f]"
DATASET = "source: {csv: {path: a.csv}}"


def said(kind: str, spec: str, metadata: str = "") -> list[tuple[str, str]]:
    text = f"apiVersion: exai.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: iris{metadata}}}\n"
    (document,), problems = read(f"{text}spec: {spec}\n", "x.yaml")
    assert problems == () and kind in KINDS
    parsed = parse(document)
    if isinstance(parsed, Spec):
        return []
    return [(each.code, each.message.partition(":")[0]) for each in parsed]


@pytest.mark.parametrize(
    ("labels", "codes"),
    [
        ("{team: data-team_1.x}", []),
        ("{example.com/team: ''}", []),
        ("{team: 'data science'}", ["invalid-name"]),
        (f"{{team: {'a' * 64}}}", ["invalid-name"]),
        ("{'te am': x}", ["invalid-name"]),
        (f"{{{'a' * 64}: x}}", ["invalid-name"]),
        ("{a/b/c: x}", ["invalid-name"]),
        ("{app.kubernetes.io/managed-by: me}", ["invalid-name"]),
        ("{exai.dev/project: mine}", ["invalid-name"]),
        ("{team: '${{ parameters.team }}'}", []),  # `expression-not-allowed`, of the checks
    ],
)
def test_labels(labels: str, codes: list[str]) -> None:
    assert [code for code, _ in said("Service", f"{{{SERVICE}}}", f", labels: {labels}")] == codes
    found = said("Service", f"{{{SERVICE}, podLabels: {labels}}}")
    assert [code for code, _ in found] == codes


@pytest.mark.parametrize(
    ("kind", "spec", "place"),
    [
        ("Service", f"{{{SERVICE}, podAnnotations: {{'a b': x}}}}", "spec.podAnnotations.a b"),
        ("Service", f"{{{SERVICE}, nodeSelector: {{'a b': x}}}}", "spec.nodeSelector.a b"),
        (
            "Service",
            f"{{{SERVICE}, resources: {{cpu: 2, limits: {{cpu: 1}}}}}}",
            "spec.resources.limits.cpu",
        ),
        (
            "Service",
            f"{{{SERVICE}, resources: {{nvidia.com/gpu: 1, limits: {{nvidia.com/gpu: 2}}}}}}",
            "spec.resources.limits.nvidia.com/gpu",
        ),
        (
            "Service",
            f"{{{SERVICE}, slo: {{latency: {{p50: 20ms, p99: 10ms}}}}}}",
            "spec.slo.latency.p99",
        ),
        ("Service", f"{{{SERVICE}, slo: {{latency: {{p50: 0s}}}}}}", "spec.slo.latency.p50"),
        ("Service", f"{{{SERVICE}, slo: {{window: 0s}}}}", "spec.slo.window"),
        (
            "Service",
            f"{{{SERVICE}, volumes: {{/mnt/models: {{emptyDir: {{}}}}}}}}",
            "spec.volumes./mnt/models",
        ),
        (
            "Service",
            f"{{{SERVICE}, canary: {{model: iris@champion, traffic: 10%}}}}",
            "spec.canary.model",
        ),
        ("Dataset", f"{{{DATASET}, key: [a, a], schema: {{a: int64}}}}", "spec.key[1]"),
        (
            "Dataset",
            f"{{{DATASET}, schema: {{a: {{type: string, enum: [x, y, x]}}}}}}",
            "spec.schema.a.enum[2]",
        ),
        ("FeatureView", f"{VIEW}, ttl: 0s}}", "spec.ttl"),
    ],
)
def test_the_place_is_named(kind: str, spec: str, place: str) -> None:
    ((code, where),) = said(kind, spec)
    assert (code in ("invalid-name", "invalid-value"), where) == (True, place)


@pytest.mark.parametrize(
    ("schema", "place", "at"),
    [
        ("{a: int63}", "spec.schema.a", "4:50"),
        ("{a: {struct:\n {b: strin}}}", "spec.schema.a.struct.b", "5:6"),
        ("{a: {list:\n {list: strin}}}", "spec.schema.a.list.list", "5:9"),
        ("{a: {type: {struct:\n {b: strin}}}}", "spec.schema.a.type.struct.b", "5:6"),
    ],
)
def test_a_type_that_is_written_short_is_named_as_written(schema: str, place: str, at: str) -> None:
    text = "apiVersion: exai.dev/v1alpha1\nkind: Dataset\nmetadata: {name: iris}\n"
    (document,), _ = read(f"{text}spec: {{{DATASET}, schema: {schema}}}\n", "x.yaml")
    parsed = parse(document)
    assert not isinstance(parsed, Spec)
    assert [(each.message, str(each.at)) for each in parsed] == [
        (f"{place}: isn't a type", f"x.yaml:{at}")
    ]


def test_what_is_near_them_is_right() -> None:
    for resources in ("{cpu: 1, limits: {cpu: 1000m}}", "{limits: {cpu: 1}}", "{memory: 1Gi}"):
        assert said("Service", f"{{{SERVICE}, resources: {resources}}}") == []
    for canary in ("iris@3", "iris@challenger"):
        assert said("Service", f"{{{SERVICE}, canary: {{model: {canary}, traffic: 1%}}}}") == []
    assert said("Service", f"{{{SERVICE}, slo: {{latency: {{p50: 1ms, p95: 1ms}}}}}}") == []
    assert said("FeatureView", f"{VIEW}, ttl: 1s}}") == []
