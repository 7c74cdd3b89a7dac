"""LANGUAGE section 0 as it stands: its values, and the place of a mistake in any of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import Document, read
from exai_specs.frozen import Json, freeze
from exai_specs.identity import Ref
from exai_specs.kinds.connections import Sqlite
from exai_specs.kinds.dataset import DatasetSpec, Expectation
from exai_specs.kinds.model import ModelSpec
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.kinds.project import ProjectSpec
from exai_specs.kinds.service import ServiceSpec
from exai_specs.kinds.sources import SqlSource
from exai_specs.parse import Spec, parse
from exai_specs.types import Scalar
from exai_specs.units import Duration, Percent, Quantity

FILE = Path(__file__).parents[2] / "language_section_0.yaml"
TEXT = FILE.read_text(encoding="utf-8")
DOCUMENTS, PROBLEMS = read(TEXT, "section.yaml")


def spec(kind: str) -> Spec:
    found = next(d for d in DOCUMENTS if d.value["kind"] == kind)
    parsed = parse(found)
    assert isinstance(parsed, Spec), parsed
    return parsed


def test_it_reads_as_a_plain_yaml_reader_reads_it() -> None:
    assert PROBLEMS == ()
    # `on` is a boolean to YAML 1.1, which PyYAML speaks; nothing else differs in this text.
    loaded = [freeze(each) for each in yaml.safe_load_all(TEXT.replace("{on:", '{"on":'))]
    assert [document.value for document in DOCUMENTS] == loaded


def test_identities() -> None:
    assert [str(spec(str(d.value["kind"])).ref) for d in DOCUMENTS] == [
        "Project/iris-platform",
        "Dataset/iris",
        "Pipeline/iris-training",
        "Model/iris_model",
        "Service/iris",
    ]
    assert spec("Dataset").metadata.owner == "data-team"
    assert spec("Dataset").metadata.description == "One row per flower"


def test_project() -> None:
    body = spec("Project").body
    assert isinstance(body, ProjectSpec)
    assert body.specs == ("specs/",)
    local = body.environments["local"]
    assert local.target == "local"
    assert local.connections == {"warehouse": Sqlite(path="data/iris.db")}
    assert (local.serving.mode, local.pipelines.versions, local.data) == (None, 10, None)


def test_dataset() -> None:
    body = spec("Dataset").body
    assert isinstance(body, DatasetSpec)
    assert body.source == SqlSource(connection="warehouse", table="demo_iris")
    assert body.key == ("flower_id",)
    assert list(body.schema) == [
        *("flower_id", "sepal_length", "sepal_width", "petal_length", "petal_width", "species"),
    ]
    assert body.schema["flower_id"].type == Scalar("int64")
    assert body.schema["sepal_length"].unit == "cm"
    assert body.schema["species"].enum == ("setosa", "versicolor", "virginica")
    assert body.schema["species"].nullable
    assert body.quality.on_failure == "block"
    assert body.quality.expectations[0] == Expectation(
        "expect_table_row_count_to_be_between", {"min_value": 100}
    )
    assert body.version is None


def test_pipeline() -> None:
    body = spec("Pipeline").body
    assert isinstance(body, PipelineSpec)
    assert body.experiment == "iris_exp"
    assert body.parameters["ntrees"].type == Scalar("integer")
    assert body.parameters["ntrees"].default == 20
    assert body.run.on == ("spec", "data")
    assert list(body.steps) == ["load", "check", "split", "train", "evaluate", "register"]
    assert body.steps["split"].with_["test"] == 0.2
    train = body.steps["train"]
    assert train.uses == "train-h2o"
    assert train.with_["features"] == (
        *("sepal_length", "sepal_width", "petal_length", "petal_width"),
    )
    assert train.with_["parameters"] == {
        "ntrees": "${{ parameters.ntrees }}",
        "max_depth": 5,
        "learn_rate": 0.1,
    }
    assert train.resources is not None
    assert train.resources.cpu == Quantity(Decimal(1))
    assert str(train.resources.memory) == "2Gi"
    assert train.retry is not None
    assert (train.retry.max, train.retry.backoff) == (2, Duration(30_000))
    assert (train.retry.factor, str(train.retry.max_backoff)) == (2, "1h")


def test_model() -> None:
    body = spec("Model").body
    assert isinstance(body, ModelSpec)
    assert body.task == "classification"
    assert body.gates["accuracy"].min == 0.9
    assert body.gates["logloss"].no_worse_than == "champion"
    assert body.gates["logloss"].tolerance == 0.01
    assert body.aliases["champion"].promote == "auto"


def test_service() -> None:
    body = spec("Service").body
    assert isinstance(body, ServiceSpec)
    assert body.model == "iris_model@champion"
    assert body.protocol == "v2"
    assert (body.replicas.min, body.replicas.max) == (1, 3)
    assert body.autoscale is not None
    assert (body.autoscale.metric, body.autoscale.target) == ("concurrency", 10)
    assert body.slo is not None
    assert body.slo.latency.p99 == Duration(100)
    assert body.slo.error_rate == Percent("1%")
    assert str(body.slo.window) == "4w2d"


def test_places() -> None:
    pipeline = spec("Pipeline")
    lines = TEXT.splitlines()
    at = pipeline.at("spec", "steps", "train", "with", "target")
    assert lines[at.line - 1][at.column - 1 :] == "species"
    key = pipeline.key_at("spec", "steps", "train", "with", "target")
    assert lines[key.line - 1][key.column - 1 :] == "target: species"
    assert pipeline.key_at("spec", "steps", "train", "nope") == pipeline.at(
        "spec", "steps", "train"
    )
    assert pipeline.ref == Ref("Pipeline", "iris-training")


def paths(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every field of a document: what `with` and expectations hold is the compiler's to judge."""
    if path:
        yield path
    if path[-1:] == ("with",) or "expectations" in path:
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from paths(item, (*path, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from paths(item, (*path, index))


def nodes(document: int) -> yaml.Node:
    return list(yaml.compose_all(TEXT, Loader=yaml.SafeLoader))[document]


def find(node: yaml.Node, path: tuple[str | int, ...]) -> yaml.Node:
    for part in path:
        if isinstance(node, yaml.MappingNode):
            node = next(value for key, value in node.value if key.value == part)
        else:
            node = node.value[part]
    return node


def with_mistake(number: int, path: tuple[str | int, ...]) -> tuple[str, int, int]:
    """The text with a value of the wrong type at the path, and where it stands."""
    node = find(nodes(number), path)
    start, end = node.start_mark, node.end_mark
    wrong = "[[]]" if isinstance(node, yaml.ScalarNode) else "0.5"
    after = TEXT[end.index :]
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        wrong += "\n"
        after = " " * end.column + after
    return TEXT[: start.index] + wrong + after, start.line + 1, start.column + 1


def every_field() -> Iterator[tuple[int, tuple[str | int, ...]]]:
    for number, document in enumerate(DOCUMENTS):
        for path in paths(document.value):
            if path not in {("apiVersion",)}:
                yield number, path


@pytest.mark.parametrize(
    ("number", "path"),
    every_field(),
    ids=lambda part: ".".join(map(str, part)) if isinstance(part, tuple) else str(part),
)
def test_a_mistake_in_any_field_is_found_at_its_line_and_column(
    number: int, path: tuple[str | int, ...]
) -> None:
    text, line, column = with_mistake(number, path)
    documents, problems = read(text, "section.yaml")
    assert problems == ()
    found = [each for document in documents for each in problems_of(document)]
    places = [(each.at.line, each.at.column) for each in found]
    assert (line, column) in places, f"{found}"
    assert all(each.hint for each in found)


def problems_of(document: Document) -> tuple[Diagnostic, ...]:
    parsed = parse(document)
    return () if isinstance(parsed, Spec) else parsed
