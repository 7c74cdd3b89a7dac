"""Which types of a column one request can suit."""

from __future__ import annotations

import pytest

from exai_compiler.catalog import catalog
from exai_compiler.checks import check
from exai_compiler.project import link
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

HEAD = f"""
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {{name: scoring}}
spec:
  exai: ">=0.1"
  environments:
    prod:
      target: kubeflow
      namespace: ml-prod
      serving: {{mode: Standard, gatewayApi: true}}
      images: {{serve: "example.com/serve@sha256:{"cd" * 32}"}}
"""
MODEL = (
    "{{uri: 's3://a/{name}', format: {format}, "
    "signature: {{inputs: {{x: {type}}}, outputs: {{y: string}}}}}}"
)
GRAPH = """
apiVersion: exai.dev/v1alpha1
kind: Graph
metadata: {name: g}
spec:
  nodes:
    root:
      routerType: Splitter
      steps: [{service: a, weight: 50%}, {service: b, weight: 50%}]
"""


def document(name: str, body: str) -> str:
    return f"apiVersion: exai.dev/v1alpha1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {body}"


def mismatches(*documents: str) -> list[str]:
    found, problems = read("\n---\n".join([HEAD, *documents]), "exai.yaml")
    specs = [parse(each) for each in found]
    assert problems == () and all(isinstance(spec, Spec) for spec in specs), specs
    project = link(spec for spec in specs if isinstance(spec, Spec))
    assert project is not None
    return [each.message for each in check(project, catalog({})) if each.code == "request-mismatch"]


def model(name: str, type_: str, format_: str) -> str:
    return MODEL.format(name=name, type=type_, format=format_)


def canary(first: str, other: str, protocol: str, format_: str) -> bool:
    body = (
        f"{{protocol: {protocol}, model: {model('a', first, format_)}, "
        f"canary: {{traffic: 10%, model: {model('b', other, format_)}}}}}"
    )
    return mismatches(document("a", body)) == []


def splitter(first: str, other: str, protocol: str, format_: str) -> bool:
    services = [
        document(name, f"{{protocol: {protocol}, model: {model(name, type_, format_)}}}")
        for name, type_ in (("a", first), ("b", other))
    ]
    return mismatches(*services, GRAPH) == []


@pytest.mark.parametrize(
    ("first", "other", "protocol", "format_", "suits_canary", "suits_splitter"),
    [
        ("float32", "float64", "v1", "sklearn", True, True),
        ("float64", "float32", "v1", "sklearn", True, True),
        ("int64", "float64", "v1", "sklearn", True, True),
        ("float64", "int64", "v1", "sklearn", False, True),
        ("int64", "string", "v1", "sklearn", False, False),
        ("bool", "int64", "v1", "sklearn", False, False),
        ("float32", "float64", "v2", "sklearn", True, True),
        ("float64", "float32", "v2", "sklearn", False, True),
        ("int32", "int64", "v2", "sklearn", True, True),
        ("int64", "float64", "v2", "sklearn", False, False),
        ("float32", "float64", "v2", "onnx", False, False),
        ("float32", "float32", "v2", "onnx", True, True),
        ("float32", "float64", "v2", "mlflow", True, True),
    ],
)
def test_what_one_request_suits(
    first: str,
    other: str,
    protocol: str,
    format_: str,
    suits_canary: bool,
    suits_splitter: bool,
) -> None:
    assert canary(first, other, protocol, format_) is suits_canary
    assert splitter(first, other, protocol, format_) is suits_splitter
