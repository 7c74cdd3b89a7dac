"""train-h2o before H2O: what it refuses to train on, and what it hands over."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from exai_components.column_types import NULLABLE_KEY, TYPE_KEY, arrow_type
from exai_components.examples import Examples, check_names, examples, require_rows
from exai_components.model_file import ModelColumn
from exai_components.outcome import Outcome, StepFailure
from exai_components.serve.values import check_of
from exai_components.train_h2o.cluster import heap_flags
from exai_components.train_h2o.training import one_line


def prepared(columns: dict[str, Any], target: str, task: str = "") -> Examples:
    data = columns if isinstance(columns, pa.Table) else pa.table(columns)
    features = tuple(name for name in data.column_names if name != target)
    check_names(data.column_names, target, features)
    return examples(data, target, features, task)


def refused(columns: dict[str, Any], target: str, task: str = "") -> Outcome:
    with pytest.raises(StepFailure) as caught:
        prepared(columns, target, task)
    assert caught.value.outcome.final
    return caught.value.outcome


def test_columns_become_what_h2o_reads() -> None:
    told = prepared(
        {
            "size": [1.5, None, 3.0],
            "kind": ["b", "a", None],
            "red": [True, False, None],
            "good": [True, False, True],
        },
        "good",
    )
    assert (told.task, told.classes) == ("classification", ("false", "true"))
    assert [(item.name, item.type, item.kind, item.levels) for item in told.features] == [
        ("size", "float64", "numeric", ()),
        ("kind", "string", "enum", ("a", "b")),
        ("red", "bool", "numeric", ()),
    ]
    assert told.table.to_pydict() == {
        "size": [1.5, None, 3.0],
        "kind": ["b", "a", None],
        "red": [1, 0, None],
        "good": ["true", "false", "true"],
    }


def test_a_decimal_can_be_predicted() -> None:
    told = prepared({"size": [1, 2], "price": [Decimal("1.50"), Decimal(2)]}, "price")
    assert told.task == "regression"
    assert told.table.column("price").to_pylist() == [1.5, 2.0]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array([0, 1], pa.timestamp("us", tz="UTC")), "timestamp"),
        (pa.array([0, 1], pa.date32()), "date"),
        (pa.array([Decimal(1), Decimal(2)]), "decimal"),
        (pa.array([b"a", b"b"]), "bytes"),
        (pa.array([["a"], ["b"]]), "list<"),
        (pa.array([{"a": 1}, {"a": 2}]), "struct<"),
        (pa.array([1, 2], pa.duration("s")), "duration[s]"),
        (pa.nulls(2), "null"),
        (pa.array(["{}", "[]"]), "json"),
        (pa.array(["a", "b"]), "uuid"),
    ],
)
def test_a_feature_that_no_request_can_hold(column: pa.Array, kind: str) -> None:
    named = {TYPE_KEY: kind.encode()} if kind in ("json", "uuid") else None
    schema = pa.schema([pa.field("x", column.type, metadata=named), pa.field("y", pa.string())])
    data = pa.table([column, pa.array(["a", "b"])], schema=schema)
    outcome = refused(data, "y")
    assert outcome.code == "unfit-feature"
    assert f'The feature "x" is a {kind}' in outcome.line()


def test_what_is_learnt_can_be_served() -> None:
    columns: dict[str, Any] = {
        kind: pa.array([0, 1]).cast(arrow_type(kind))
        for kind in ("bool", "int32", "int64", "float32", "float64", "string")
    }
    for item in prepared({**columns, "y": ["a", "b"]}, "y").features:
        check_of(ModelColumn(item.name, item.type, item.levels, item.nullable))


def test_rows_without_an_answer_are_left_out() -> None:
    told = prepared({"size": [1, 2, 3], "kind": ["a", None, "b"]}, "kind")
    assert told.table.column("size").to_pylist() == [1, 3]


def test_the_declared_type_and_nullable_count() -> None:
    schema = pa.schema(
        [
            pa.field("when", pa.string(), metadata={TYPE_KEY: b"json"}),
            pa.field("size", pa.float64(), metadata={NULLABLE_KEY: b"false"}),
            pa.field("kind", pa.string()),
        ]
    )
    data = pa.table({"when": ["{}", "{}"], "size": [1.0, 2.0], "kind": ["a", "b"]}, schema=schema)
    assert refused(data, "kind").code == "unfit-feature"
    told = prepared(data.drop_columns("when"), "kind")
    assert not told.features[0].nullable
    assert told.table.num_rows == 2


@pytest.mark.parametrize(
    ("values", "task", "found"),
    [
        (["a", "b"], "", "classification"),
        ([1, 2], "", "regression"),
        ([1, 2], "classification", "classification"),
        ([1.5, 2.5], "regression", "regression"),
    ],
)
def test_the_task(values: list[Any], task: str, found: str) -> None:
    assert prepared({"x": [1.0, 2.0], "y": values}, "y", task).task == found


@pytest.mark.parametrize(
    ("columns", "task", "code", "words"),
    [
        ({"x": [1, 2], "y": ["a", "a"]}, "", "one-class", 'one class of the target "y": a'),
        ({"x": [1, 2], "y": [3, 3]}, "", "one-class", 'one value of the target "y": 3'),
        ({"x": [1, 2], "y": ["a", "b"]}, "regression", "unfit-target", "task to classification"),
        ({"x": [1, 2], "y": [1.5, 2.0]}, "classification", "unfit-target", "task to regression"),
        ({"x": [1, 2], "y": ["a", "b"]}, "ranking", "unsupported-task", "ranking"),
        ({"x": [1, 2], "y": [b"a", b"b"]}, "", "unfit-target", "is a bytes"),
        ({"x": [[1], [2]], "y": ["a", "b"]}, "", "unfit-feature", '"x"'),
        ({"x": pa.nulls(2, pa.string()), "y": ["a", "b"]}, "", "empty-column", "no value"),
    ],
)
def test_what_cannot_be_learnt(columns: dict[str, Any], task: str, code: str, words: str) -> None:
    outcome = refused(columns, "y", task)
    assert outcome.code == code
    assert words in outcome.line()


@pytest.mark.parametrize(
    ("target", "features", "code", "words"),
    [
        ("kin", ("size",), "missing-column", 'Did you mean "kind"?'),
        ("kind", ("siz",), "missing-column", 'Did you mean "size"?'),
        ("kind", ("size", "kind"), "target-among-features", 'The target "kind"'),
        ("kind", ("size", "size"), "duplicate-feature", '"size"'),
        ("kind", (), "no-features", "no features"),
    ],
)
def test_names_that_do_not_fit(
    target: str, features: tuple[str, ...], code: str, words: str
) -> None:
    with pytest.raises(StepFailure) as caught:
        check_names(["size", "kind"], target, features)
    assert caught.value.outcome.code == code
    assert words in caught.value.outcome.line()


def test_too_few_rows() -> None:
    require_rows(20, 10.0)
    with pytest.raises(StepFailure) as caught:
        require_rows(19, 10.0)
    assert caught.value.outcome.line().startswith(
        "exai: 19 rows are too few to train on: min_rows 10 needs 20."
    )


def test_a_constant_column_is_known() -> None:
    told = prepared({"x": [1, 1], "z": [1, 2], "y": ["a", "b"]}, "y")
    assert [item.constant for item in told.features] == [True, False]


@pytest.mark.parametrize(
    ("memory", "flags"),
    [("", ()), ("lots", ()), ("0", ()), (str(2 * 2**30), ("-Xmx1536m",)), ("1", ("-Xmx64m",))],
)
def test_the_heap_leaves_room(memory: str, flags: tuple[str, ...]) -> None:
    assert heap_flags(memory) == flags


def test_h2o_is_brief() -> None:
    told = "Server error\nDetails: " + "ERRR on field: _ntrees: must be > 0\n" * 2
    assert one_line(ValueError(told)) == "ntrees: must be > 0"
    told = 'Argument `distribution` should be a ?Enum["b", "a"], got string nope'
    assert one_line(ValueError(told)) == "distribution is nope, it must be one of a, b"
    assert one_line(ValueError("")) == "it didn't say why"
