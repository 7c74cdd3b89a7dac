"""The schemas and the parser are of one mind: what one refuses, the other does.

Every document of `tests/invalid/parse` that the parser refuses the schema refuses, and so does it
what only a check refuses and one document tells. Exceptions are listed, each with its reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.kinds.built_in import COMPONENTS
from exai_specs.parse import Spec, parse
from exai_specs.schema import bundle

ROOT = Path(__file__).parents[3]
WHOLE = Draft202012Validator(bundle())

# What the parser refuses, and no schema of one value can: line of the document -> why.
NOT_IN_A_SCHEMA: dict[str, str] = {}

# Codes of checks that one document tells, and a schema can say.
OF_CHECKS = ("overlay-without-effect", "unknown-component")


FILES = sorted(path.name for path in (ROOT / "tests/invalid/parse").glob("*.yaml"))


@pytest.mark.parametrize("place", FILES)
def test_what_the_parser_refuses_the_schemas_refuse(place: str) -> None:
    """What isn't YAML, or no document at all, has no schema."""
    path = ROOT / "tests/invalid/parse" / place
    missed = [
        str(document.at())
        for document in read(path.read_bytes(), path.name)[0]
        if not isinstance(parse(document), Spec) and WHOLE.is_valid(thaw(document.value))
    ]
    assert missed == [at for at in NOT_IN_A_SCHEMA if at.startswith(f"{place}:")]


@pytest.mark.parametrize("code", OF_CHECKS)
def test_what_a_check_tells_of_one_document_the_schemas_refuse(code: str) -> None:
    files = sorted((ROOT / "tests/invalid/checks" / code).rglob("*.yaml"))
    documents = [each for file in files for each in read(file.read_bytes(), file.name)[0]]
    assert any(not WHOLE.is_valid(thaw(each.value)) for each in documents)


def test_the_components_are_those_that_exai_ships() -> None:
    files = (ROOT / "components/exai_components").glob("*/component.yaml")
    assert sorted(yaml.safe_load(file.read_text("utf-8"))["name"] for file in files) == list(
        COMPONENTS
    )


def document(kind: str, spec: Any) -> dict[str, Any]:
    head = {"apiVersion": "exai.dev/v1alpha1", "kind": kind, "metadata": {"name": "a"}}
    return {**head, "spec": yaml.safe_load(spec)}


STEP = "steps: {a: {%s}}"


# The code and the field that the parser gives, and which field the schema names: the same one or
# one around it.
RULES = (
    ("Pipeline", STEP % "", "exactly-one-of", "steps.a", "steps.a"),
    ("Pipeline", STEP % "with: {a: 1}", "exactly-one-of", "steps.a", "steps.a"),
    (
        "Pipeline",
        STEP % "uses: load-dataset, python: 'a.py:f'",
        "exactly-one-of",
        "steps.a",
        "steps.a",
    ),
    (
        "Pipeline",
        STEP % "uses: load-dataset, image: 'python:3.11'",
        "unknown-field",
        "steps.a.image",
        "steps.a",
    ),
    (
        "Pipeline",
        STEP % "pipeline: b, retry: {max: 1}",
        "unknown-field",
        "steps.a.retry",
        "steps.a",
    ),
    (
        "Pipeline",
        STEP % "import: {uri: 's3://a/b', type: Model}, env: {A: b}",
        "unknown-field",
        "steps.a.env",
        "steps.a",
    ),
    (
        "Pipeline",
        STEP % "uses: load-dataset, command: [sh]",
        "unknown-field",
        "steps.a.command",
        "steps.a",
    ),
    (
        "Pipeline",
        "{steps: {a: {uses: load-dataset}}, finally: {uses: load-dataset, after: [a]}}",
        "unknown-field",
        "finally.after",
        "finally.after",
    ),
    ("Service", "{model: m@latest}", "invalid-value", "model", "model"),
    ("Service", "{runtime: custom}", "missing-field", "runtime", ""),
    (
        "Service",
        "{model: m@1, features: f, transformer: {image: i}}",
        "invalid-value",
        "transformer",
        "",
    ),
    (
        "Service",
        "{model: m@1, autoscale: {metric: cpu, target: 10}}",
        "wrong-type",
        "autoscale.target",
        "autoscale.target",
    ),
    ("Service", "{model: m@1, autoscale: {metric: rps}}", "missing-field", *["autoscale"] * 2),
    (
        "Service",
        "{model: m@1, probes: {readiness: {}}}",
        "exactly-one-of",
        "probes.readiness",
        "probes.readiness",
    ),
    ("Service", "{model: m@1, logger: {mode: all}}", "exactly-one-of", "logger", "logger"),
    (
        "Service",
        "{model: {format: onnx, storage: {path: a, parameters: {type: gs}}}}",
        "invalid-value",
        "model.storage.parameters.type",
        "model",
    ),
    (
        "Service",
        "{model: {format: onnx, storage: {path: a, key: k, parameters: {type: s3}}}}",
        "missing-field",
        "model.storage.parameters",
        "model",
    ),
    ("Service", "{model: m@1, slo: {window: 1d}}", "missing-field", "slo", "slo"),
    (
        "Service",
        "{model: m@1, canary: {model: m@2, traffic: 1%}, rollout: {steps: [1%], interval: 1h}}",
        "invalid-value",
        "rollout",
        "",
    ),
    (
        "Graph",
        "{nodes: {first: {routerType: Sequence, steps: [{service: a}]}}}",
        "missing-field",
        "nodes",
        "nodes",
    ),
    (
        "Graph",
        "{nodes: {root: {routerType: Sequence, steps: [{}]}}}",
        "exactly-one-of",
        "nodes.root.steps[0]",
        "nodes.root.steps[0]",
    ),
    (
        "Graph",
        "{nodes: {root: {routerType: Sequence, steps: [{service: a, url: 'http://b'}]}}}",
        "exactly-one-of",
        "nodes.root.steps[0]",
        "nodes.root.steps[0]",
    ),
    ("Runtime", "{formats: {a: {}}}", "missing-field", "", ""),
    (
        "Runtime",
        "{image: i, formats: {a: {priority: 1}}}",
        "invalid-value",
        "formats.a.priority",
        "formats.a",
    ),
    ("Notebook", "{}", "missing-field", "", ""),
    (
        "Model",
        "{task: classification, gates: {accuracy: {}}}",
        "missing-field",
        "gates.accuracy",
        "gates.accuracy",
    ),
    (
        "LLMService",
        "{model: {uri: 'hf://a/b'}, parallelism: {data: 2}}",
        "missing-field",
        "parallelism",
        "parallelism",
    ),
)


def of_spec(field: str) -> str:
    return f"spec.{field}" if field else "spec"


@pytest.mark.parametrize(("kind", "spec", "code", "field", "named"), RULES)
def test_rules_over_several_fields(kind: str, spec: str, code: str, field: str, named: str) -> None:
    whole = document(kind, spec)
    (read_again,), problems = read(yaml.safe_dump(whole), "a.yaml")
    told = parse(read_again)
    assert problems == () and not isinstance(told, Spec)
    assert [(each.code, each.message.split(": ")[0]) for each in told] == [(code, of_spec(field))]
    (refused,) = WHOLE.iter_errors(whole)
    assert refused.json_path == f"$.{of_spec(named)}"


def test_a_component_that_exai_does_not_ship_is_told_by_the_schema_and_by_a_check() -> None:
    """The check is in `OF_CHECKS`; the parser doesn't know the components."""
    whole = document("Pipeline", STEP % "uses: load-datset")
    (read_again,), _ = read(yaml.safe_dump(whole), "a.yaml")
    assert isinstance(parse(read_again), Spec)
    assert [each.json_path for each in WHOLE.iter_errors(whole)] == ["$.spec.steps.a"]


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        # What says nothing may stand anywhere, as the parser has it.
        ("Pipeline", STEP % "uses: load-dataset, command: [], outputs: {}"),
        ("Pipeline", STEP % "pipeline: b, env: {}, ignoreUpstreamFailure: false"),
        ("Pipeline", STEP % "python: 'a.py:f', image: 'python:3.11'"),
        ("Pipeline", STEP % "uses: ./mine/component.yaml"),
        ("Pipeline", STEP % "uses: mine.yml"),
        ("Service", "{runtime: custom, image: i, containerName: main}"),
        ("Service", "{model: m@1, transformer: {image: i, collocated: true, replicas: {min: 1}}}"),
        ("FeatureView", "{dataset: d, entities: [e], features: [f], offline: false, schema: {}}"),
    ],
)
def test_no_rule_refuses_what_the_parser_takes(kind: str, spec: str) -> None:
    whole = document(kind, spec)
    (read_again,), problems = read(yaml.safe_dump(whole), "a.yaml")
    assert problems == () and isinstance(parse(read_again), Spec), parse(read_again)
    assert [each.message for each in WHOLE.iter_errors(whole)] == []
