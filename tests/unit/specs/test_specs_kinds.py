"""What every field of every kind declares, and what the forms of values become."""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import pytest

from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import Document, read
from exai_specs.effects import Effect
from exai_specs.kinds import API_VERSION, KINDS, Metadata, scaling
from exai_specs.kinds.connections import Postgresql, SecretDir, SecretEnv, SecretName
from exai_specs.kinds.dataset import DatasetSpec, Fixed
from exai_specs.kinds.model import Gate
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.kinds.project import ProjectSpec
from exai_specs.kinds.service import ServiceSpec
from exai_specs.kinds.sources import CsvSource
from exai_specs.kinds.step import Step
from exai_specs.kinds.step_parts import Retry
from exai_specs.kinds.workload import ConfigMapRef, SecretRef
from exai_specs.notes import about
from exai_specs.parse import Spec, parse
from exai_specs.shape import Shape, shape_of
from exai_specs.types import ListOf, MapOf, Scalar, TypeProblem
from exai_specs.units import Duration, Percent

SECTION_0 = Path(__file__).parents[2] / "language_section_0.yaml"
CLASSES: dict[str, type[Any]] = {
    "metadata": Metadata,
    **{kind.name: kind.spec for kind in KINDS.values()},
}
FIELDS = [
    pytest.param(path, shape, id=f"{name}.{'.'.join(path)}")
    for name, of in CLASSES.items()
    for path, shape in shape_of(of).walk()
]


def parsed(kind: str, spec: str, name: str = "x") -> Spec:
    found = outcome(kind, spec, name)
    assert isinstance(found, Spec), found
    return found


def outcome(kind: str, spec: str, name: str = "x") -> Spec | tuple[Diagnostic, ...]:
    text = f"apiVersion: {API_VERSION}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    (document,), problems = read(text, "x.yaml")
    assert problems == ()
    return parse(document)


def codes(kind: str, spec: str) -> list[str]:
    found = outcome(kind, spec)
    return [] if isinstance(found, Spec) else [each.code for each in found]


@pytest.mark.parametrize(("path", "shape"), FIELDS)
def test_every_field_has_an_effect_a_description_and_an_example(
    path: tuple[str, ...], shape: Shape
) -> None:
    assert path
    assert isinstance(shape.effect, Effect)
    if shape.each is None and not shape.description:
        # one form of several: the union is described, and what is inside it
        assert shape.fields
        return
    assert shape.description[0].isupper() or shape.description.startswith(("exai", "`"))
    assert not shape.description.endswith(".")
    assert shape.examples or shape.fields


def test_a_field_without_an_effect_is_refused() -> None:
    @dataclasses.dataclass
    class Bare:
        field: Annotated[str, about("A description", "x")]

    with pytest.raises(TypeError, match=r"Bare\.field"):
        shape_of(Bare)


@dataclasses.dataclass
class Described:
    field: Annotated[str, Effect.RENDER, about("A description", "x")]


def test_a_shape_is_kept() -> None:
    assert shape_of(Described) is shape_of(Described)
    assert shape_of(Described).effect is Effect.RENDER


@pytest.mark.parametrize(
    ("kind", "path", "effect"),
    [
        ("Dataset", ("schema", "a", "type"), Effect.RETRAIN),
        ("Dataset", ("schema", "a", "description"), Effect.METADATA),
        ("Dataset", ("source", "sql", "table"), Effect.RETRAIN),
        ("Dataset", ("version", "fixed"), Effect.RENDER),
        ("Dataset", ("version",), Effect.RENDER),
        ("Pipeline", ("steps", "train", "with", "parameters", "ntrees"), Effect.RETRAIN),
        ("Pipeline", ("steps", "train", "resources", "memory"), Effect.RENDER),
        ("Pipeline", ("steps", "train", "resources", "nvidia.com/gpu"), Effect.RENDER),
        ("Pipeline", ("steps", "train", "retry", "max"), Effect.RENDER),
        ("Pipeline", ("steps", "train", "timeout"), Effect.RENDER),
        ("Pipeline", ("defaults", "resources", "limits", "cpu"), Effect.RENDER),
        ("Pipeline", ("steps", "train", "env", "A", "secret"), Effect.RETRAIN),
        ("Model", ("gates", "accuracy", "min"), Effect.RENDER),
        ("Model", ("task",), Effect.RETRAIN),
        ("Service", ("model",), Effect.REDEPLOY),
        ("Service", ("resources", "cpu"), Effect.REDEPLOY),
        ("Service", ("replicas", "max"), Effect.RENDER),
        ("Service", (), Effect.REDEPLOY),
    ],
)
def test_effects_are_found_by_path(kind: str, path: tuple[str, ...], effect: Effect) -> None:
    assert shape_of(KINDS[kind].spec).at(path).effect == effect


def test_references_are_found_by_path() -> None:
    ref = shape_of(ServiceSpec).at(("model",)).ref
    assert ref is not None
    assert (ref.kind, ref.versioned) == ("Model", True)


@pytest.mark.parametrize("kind", KINDS)
def test_examples_are_valid(kind: str) -> None:
    """The example of each field, put in its place in a spec that is otherwise minimal."""
    import json

    minimal: dict[str, dict[str, Any]] = {
        "Project": {},
        "Overlay": {"environment": "e", "target": "Service/s", "patch": {}},
        "Dataset": {"source": {"csv": {"path": "x"}}, "schema": {"a": "string"}},
        "Entity": {"type": "int64"},
        "FeatureView": {"dataset": "d", "entities": ["e"], "features": ["f"]},
        "FeatureService": {"features": ["v"]},
        "Pipeline": {"steps": {"a": {"uses": "load-dataset"}}},
        "Model": {"task": "regression"},
        "Service": {"model": "m@a"},
        "Graph": {"nodes": {"root": {"routerType": "Sequence", "steps": [{"service": "s"}]}}},
        "Runtime": {"image": "a/b", "formats": {"onnx": {}}},
        "LLMService": {"model": {"uri": "hf://a/b"}},
        "Notebook": {"image": "a/b"},
        "Tuning": {
            "objective": {"metric": "accuracy", "type": "maximize"},
            "algorithm": {"name": "random"},
            "parameters": {"lr": {"type": "double", "min": 0, "max": 1}},
            "trial": {"python": "train.py:train"},
        },
        "Manifest": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}},
    }
    made = {"transform": {"python": "f.py:f"}, "schema": {"f": "float64"}}
    beside: dict[tuple[str, str], dict[str, Any]] = {
        ("FeatureView", "transform"): made,
        ("FeatureView", "schema"): made,
        ("Service", "containerName"): {"runtime": "custom", "image": "a/b"},
        ("Runtime", "adapters"): {**minimal["Runtime"], "multiModel": True},
        ("LLMService", "worker"): {
            "model": {"uri": "hf://a/b"},
            "parallelism": {"pipeline": 2},
        },
        ("FeatureView", "offline"): {**minimal["FeatureView"], "push": "p"},
        ("FeatureView", "aggregations"): {
            **minimal["FeatureView"],
            "features": ["sum_trips_3600s"],
            "stream": shape_of(KINDS["FeatureView"].spec).fields["stream"].examples[0],
        },
    }
    for name, shape in shape_of(KINDS[kind].spec).fields.items():
        for example in shape.examples:
            spec = {**beside.get((kind, name), minimal[kind]), name: example}
            if name != "key":
                assert codes(kind, json.dumps(spec)) == [], (name, example)


def test_a_project_with_everything() -> None:
    body = parsed(
        "Project",
        """
  specs: [specs/, extra.yaml]
  environments:
    prod:
      target: kubeflow
      platform: kubeflow-26.03
      namespace: ml-prod
      serving: {mode: Standard, gatewayApi: true}
      pipelines: {mode: kubernetes, endpoint: https://kfp, timezone: Europe/Berlin, versions: 5}
      tracking: {uri: https://mlflow}
      connections:
        warehouse:
          postgresql:
            {host: db, database: ml, user: exai, password: {secret: db, key: password}}
      secrets: {a: {name: prod-a}, b: {env: B_}, c: {dir: /run/c}}
      data: {root: s3://d}
      models: {store: s3://m}
      images: {train: t, serve: s}
""",
    ).body
    assert isinstance(body, ProjectSpec)
    prod = body.environments["prod"]
    assert (prod.serving.mode, prod.serving.gateway_api) == ("Standard", True)
    assert (prod.pipelines.mode, prod.pipelines.versions) == ("kubernetes", 5)
    warehouse = prod.connections["warehouse"]
    assert isinstance(warehouse, Postgresql)
    assert (warehouse.host, warehouse.port, warehouse.user) == ("db", 5432, "exai")
    assert (warehouse.password.secret, warehouse.password.key) == ("db", "password")
    assert prod.secrets == {
        "a": SecretName(name="prod-a"),
        "b": SecretEnv(env="B_"),
        "c": SecretDir(dir="/run/c"),
    }
    assert prod.data is not None
    assert prod.models is not None
    assert (prod.data.root, prod.models.store) == ("s3://d", "s3://m")
    assert (prod.images.train, prod.images.serve) == ("t", "s")


def test_a_dataset_with_everything() -> None:
    body = parsed(
        "Dataset",
        """
  source: {csv: {path: data/x.csv}}
  key: [id, at]
  timestamp: at
  created: written
  schema:
    id: int64
    tags: {list: string}
    more: {type: {map: float32}, nullable: false, pii: true, source: "More (x)"}
    n: {type: int32, enum: [1, 2]}
    f: {type: float64, enum: [1, 2.5]}
    b: {type: bool, enum: [true]}
  version: {fixed: "2026-10"}
""",
    ).body
    assert isinstance(body, DatasetSpec)
    assert body.source == CsvSource(path="data/x.csv")
    assert (body.timestamp, body.created) == ("at", "written")
    assert body.schema["tags"].type == ListOf(Scalar("string"))
    more = body.schema["more"]
    assert more.type == MapOf(Scalar("float32"))
    assert (more.nullable, more.pii, more.source) == (False, True, "More (x)")
    assert body.version == Fixed(fixed="2026-10")


def test_env_resources_and_defaults() -> None:
    body = parsed(
        "Pipeline",
        """
  defaults: {env: {A: x}, cache: false, retry: {max: 1}, resources: {memory: 1Gi}}
  steps:
    train:
      uses: train-h2o
      after: [other]
      timeout: 1h
      cache: true
      displayName: Train it
      env:
        A: text
        B: {secret: db, key: k, optional: true}
        C: {configMap: settings, key: region}
        D: {secret: "${{ parameters.name }}", key: k}
      resources: {cpu: 0.5, nvidia.com/gpu: 2, limits: {memory: 2Gi, nvidia.com/gpu: 2}}
    other: {uses: load-dataset}
""",
    ).body
    assert isinstance(body, PipelineSpec)
    train = body.steps["train"]
    assert train.env["A"] == "text"
    by_secret, by_expression = train.env["B"], train.env["D"]
    assert isinstance(by_secret, SecretRef)
    assert (by_secret.secret, by_secret.key, by_secret.optional) == ("db", "k", True)
    assert isinstance(by_expression, SecretRef)
    assert "parameters.name" in by_expression.secret
    assert train.env["C"] == ConfigMapRef(config_map="settings", key="region")
    assert (train.after, train.cache, train.display_name) == (("other",), True, "Train it")
    resources = train.resources
    assert resources is not None
    assert resources.limits is not None
    assert str(resources.cpu) == "500m"
    assert resources.memory is None
    assert {name: str(each) for name, each in resources.extended.items()} == {"nvidia.com/gpu": "2"}
    assert str(resources.limits.extended["nvidia.com/gpu"]) == "2"
    assert (body.defaults.cache, body.defaults.env) == (False, {"A": "x"})
    assert body.steps["other"].cache is None


def test_autoscaling_by_percent() -> None:
    body = parsed("Service", "{model: m@1, autoscale: {metric: cpu, target: 80%}}").body
    assert isinstance(body, ServiceSpec)
    assert body.autoscale is not None
    assert body.autoscale.target == Percent("80%")


def test_a_target_that_is_neither_a_number_nor_a_percent() -> None:
    with pytest.raises(TypeProblem) as told:
        scaling._target("ten")
    assert told.value.hint == "for example 10, or 80%"


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("Service", "{model: m@1, autoscale: {metric: rps, target: 80%}}", ["wrong-type"]),
        ("Service", "{model: m@1, autoscale: {metric: rps, target: -1}}", ["invalid-value"]),
        ("Service", "{model: m@1, autoscale: {metric: rps, target: true}}", ["wrong-type"]),
        ("Service", "{model: 5}", ["wrong-type"]),
        ("Service", "{model: '@x'}", ["invalid-value"]),
        ("Pipeline", "{steps: {a: {uses: x, resources: {a/b: x}}}}", ["invalid-value"]),
        ("Pipeline", "{steps: {a: {uses: x, resources: {a/ b: 1}}}}", ["invalid-name"]),
        ("Pipeline", "{steps: {a: {uses: x, env: {A: [x]}}}}", ["wrong-type"]),
        ("Pipeline", "{steps: {a: {uses: x, env: {A-B: x}}}}", ["invalid-name"]),
        ("Pipeline", "{steps: {a: {uses: x, env: {A: {secret: a b, key: k}}}}}", ["invalid-name"]),
        ("Pipeline", "{steps: {a: {uses: x, retry: {max: 99999999999999}}}}", []),
        ("Pipeline", "{parameters: {a: {default: 1}}, steps: {a: {uses: x}}}", ["missing-field"]),
        (
            "Pipeline",
            "{parameters: {a: {type: {list: x}}}, steps: {a: {uses: x}}}",
            ["invalid-value"],
        ),
        ("Dataset", "{source: {csv: {path: x}}, schema: {}}", ["invalid-value"]),
        ("Dataset", "{source: {csv: }, schema: {a: string}}", ["wrong-type"]),
        ("Dataset", "{source: csv, schema: {a: string}}", ["wrong-type"]),
        (
            "Dataset",
            "{source: {csv: {path: x}}, schema: {a: json}, "
            "quality: {expectations: [{expect_a: 1}]}}",
            ["wrong-type"],
        ),
        ("Model", "{task: regression, gates: {rmse: {max: 1, tolerance: 0}}}", []),
        ("Model", "{task: }", ["wrong-type"]),
        (
            "Project",
            "{environments: {a: {target: local, secrets: {s: {name: 'A B'}}}}}",
            ["invalid-name"],
        ),
    ],
)
def test_codes(kind: str, spec: str, expected: list[str]) -> None:
    assert codes(kind, spec) == expected


def test_a_kind_that_is_no_text_and_a_document_without_one() -> None:
    for text in ("kind: [x]\n", "a: 1\n"):
        (document,), _ = read(text, "x.yaml")
        found = parse(document)
        assert isinstance(found, tuple)
        assert found


def test_a_value_that_no_yaml_holds() -> None:
    document = Document(
        "x.yaml",
        {
            "apiVersion": API_VERSION,
            "kind": "Model",
            "metadata": {"name": "x"},
            "spec": {"task": "regression", "gates": {"rmse": {"max": float("inf")}}},
        },
        "?",
        array("I", (0, 0, 1) * 9).tobytes(),
    )
    found = parse(document)
    assert isinstance(found, tuple)
    assert [(each.code, each.hint) for each in found] == [("invalid-value", "for example 1")]


def test_specs_are_frozen() -> None:
    spec = parsed("Service", "{model: m@1}")
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.body.model = "x"  # type: ignore[union-attr, misc]
    assert isinstance(spec.body, ServiceSpec)
    assert isinstance(spec.body.env, Mapping)
    with pytest.raises(TypeError):
        spec.body.env["A"] = "x"  # type: ignore[index]


@pytest.mark.parametrize("document", read(SECTION_0.read_text(), "x.yaml")[0])
def test_values_can_be_made_and_changed_by_programs(document: Document) -> None:
    spec = parse(document)
    assert isinstance(spec, Spec)
    body: Any = spec.body
    again = type(body)(**{f.name: getattr(body, f.name) for f in dataclasses.fields(body)})
    assert again == body
    assert dataclasses.replace(body) == body


def test_constructors_take_attribute_names_and_parsed_units() -> None:
    retry = Retry(max=1, max_backoff=Duration(5))
    step = Step(uses="x", with_={"a": (1,)}, retry=retry, env={"A": "x"})
    assert step.with_ == {"a": (1,)}
    assert step.retry == retry
    assert dataclasses.replace(step, uses="y").retry == retry
    assert Gate(no_worse_than="champion").tolerance == 0


def test_a_lock_among_the_specs_is_told_where_it_belongs() -> None:
    (document,), _ = read(f"apiVersion: {API_VERSION}\nkind: Lock\nenvironments: {{}}\n", "l.yaml")
    (found,) = refused(document)
    assert (found.code, str(found.at)) == ("unknown-kind", "l.yaml:2:7")
    assert found.hint == "it is the file exai.lock"


def refused(document: Document) -> tuple[Diagnostic, ...]:
    found = parse(document)
    assert not isinstance(found, Spec)
    return found
