"""The two protocols as pure functions: what is accepted, and what every refusal names."""

import math
from dataclasses import dataclass
from typing import Any

import pytest

from exai_components.model_file import BadModel, ModelColumn, ModelFile
from exai_components.scores import Scores
from exai_components.serve.values import Rejected
from exai_components.serve.wire import Columns
from exai_components.serve.wire_v1 import read_v1, write_v1
from exai_components.serve.wire_v2 import input_metadata, output_metadata, read_v2, write_v2


@dataclass
class Tensor:
    name: str
    datatype: str
    shape: Any
    data: Any


def columns(*given: ModelColumn, classes: tuple[str, ...] = ("no", "yes")) -> Columns:
    task: Any = "classification" if classes else "regression"
    return Columns(ModelFile(task=task, target="y", columns=given, files={}, classes=classes))


MIXED = columns(
    ModelColumn("size", "float64", nullable=False),
    ModelColumn("count", "int32", nullable=False),
    ModelColumn("colour", "string", ("red", "green"), nullable=True),
    ModelColumn("open", "bool", nullable=False),
)
PAIR = columns(ModelColumn("a", "float64", nullable=False), ModelColumn("b", "float64"))
ROW = {"size": 1.5, "count": 2, "colour": "red", "open": True}


def tensors(**changes: Tensor | None) -> list[Tensor]:
    given: dict[str, Tensor | None] = {
        "size": Tensor("size", "FP64", [2], [1.5, 2.5]),
        "count": Tensor("count", "INT32", [2, 1], [1, 2]),
        "colour": Tensor("colour", "BYTES", [2, 1], [["red"], [None]]),
        "open": Tensor("open", "BOOL", [2], [True, False]),
    }
    return [tensor for tensor in (given | changes).values() if tensor is not None]


def refusal_v1(body: Any, known: Columns = MIXED) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read_v1(known, body)
    return caught.value


def refusal_v2(given: list[Tensor], known: Columns = MIXED) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read_v2(known, given)
    return caught.value


def test_v1_takes_objects_and_lists() -> None:
    body = {"instances": [ROW, [2.5, 3.0, None, False]]}
    assert read_v1(MIXED, body) == [
        ROW,
        {"size": 2.5, "count": 3, "colour": None, "open": False},
    ]


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"size": "1.5"}, "ill-typed", "size"),
        ({"size": True}, "ill-typed", "size"),
        ({"size": [1.5]}, "ill-typed", "size"),
        ({"size": None}, "null-value", "size"),
        ({"size": math.nan}, "not-finite", "size"),
        ({"size": -math.inf}, "not-finite", "size"),
        ({"size": 10**400}, "not-finite", "size"),
        ({"count": 1.5}, "ill-typed", "count"),
        ({"count": True}, "ill-typed", "count"),
        ({"count": 2**31}, "out-of-range", "count"),
        ({"colour": "blue"}, "unknown-level", "colour"),
        ({"colour": 1}, "ill-typed", "colour"),
        ({"open": 1}, "ill-typed", "open"),
        ({"sizes": 1.5}, "unknown-column", "sizes"),
    ],
)
def test_v1_names_the_column_and_the_row(change: dict[str, Any], code: str, column: str) -> None:
    refused = refusal_v1({"instances": [ROW, ROW | change]})
    assert (refused.code, refused.column, refused.row) == (code, column, 1)
    assert column in refused.message
    assert "instances[1]" in refused.message


def test_v1_names_a_missing_column() -> None:
    row = {name: value for name, value in ROW.items() if name != "count"}
    refused = refusal_v1({"instances": [row]})
    assert (refused.code, refused.column, refused.row) == ("missing-column", "count", 0)


def test_v1_explains_a_misspelt_column_as_such() -> None:
    row = {("sise" if name == "size" else name): value for name, value in ROW.items()}
    refused = refusal_v1({"instances": [row]})
    assert refused.message == ('instances[0]: the model has no column "sise"; did you mean "size"?')


def test_an_unknown_level_is_told_the_known_ones() -> None:
    assert refusal_v1({"instances": [ROW | {"colour": "gren"}]}).message.endswith(
        '"gren" is not a known level; did you mean "green"?'
    )
    assert refusal_v1({"instances": [ROW | {"colour": "x"}]}).message.endswith(
        '"x" is not a known level (known: red, green)'
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "malformed"),
        ([], "malformed"),
        ("text", "malformed"),
        ({}, "missing-instances"),
        ({"inputs": []}, "missing-instances"),
        ({"instances": {}}, "malformed"),
        ({"instances": []}, "empty-batch"),
        ({"instances": [1]}, "malformed"),
        ({"instances": [[1.5, 2]]}, "ragged"),
        ({"instances": [ROW], "instance": []}, "surplus-field"),
    ],
)
def test_v1_refuses_a_body_that_is_none(body: Any, code: str) -> None:
    assert refusal_v1(body).code == code


def test_v2_takes_one_tensor_a_column_in_any_order() -> None:
    expected = [
        {"size": 1.5, "count": 1, "colour": "red", "open": True},
        {"size": 2.5, "count": 2, "colour": None, "open": False},
    ]
    assert read_v2(MIXED, tensors()) == expected
    assert read_v2(MIXED, tensors()[::-1]) == expected


@pytest.mark.parametrize("data", [[1.0, 2.0, 3.0, 4.0], [[1.0, 2.0], [3.0, 4.0]]])
def test_v2_takes_a_matrix_when_all_columns_share_a_type(data: list[Any]) -> None:
    rows = read_v2(PAIR, [Tensor("any", "FP64", [2, 2], data)])
    assert rows == [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 4.0}]


def test_v2_takes_narrower_numbers() -> None:
    given = tensors(size=Tensor("size", "INT32", [2], [1, 2]))
    assert [row["size"] for row in read_v2(MIXED, given)] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("tensor", "code", "row"),
    [
        (Tensor("size", "FP64", [2], [1.5, "x"]), "ill-typed", 1),
        (Tensor("size", "FP64", [2], [None, 1.5]), "null-value", 0),
        (Tensor("size", "FP64", [2], [1.5, math.nan]), "not-finite", 1),
        (Tensor("size", "BYTES", [2], ["1.5", "2.5"]), "wrong-datatype", None),
        (Tensor("size", "INT64", [2], [1, 2]), "wrong-datatype", None),
        (Tensor("size", "nonsense", [2], [1, 2]), "wrong-datatype", None),
        (Tensor("size", "FP64", [3], [1.5, 2.5, 3.5]), "ragged", None),
        (Tensor("size", "FP64", [2], [1.5]), "wrong-shape", None),
        (Tensor("size", "FP64", [2, 2], [1.5, 2.5, 3.5, 4.5]), "wrong-shape", None),
        (Tensor("size", "FP64", [2, 1, 1], [1.5, 2.5]), "wrong-shape", None),
        (Tensor("size", "FP64", [], [1.5, 2.5]), "wrong-shape", None),
        (Tensor("size", "FP64", ["2"], [1.5, 2.5]), "wrong-shape", None),
        (Tensor("size", "FP64", "2", [1.5, 2.5]), "wrong-shape", None),
        (Tensor("size", "FP64", [-1], [1.5, 2.5]), "wrong-shape", None),
        (Tensor("size", "FP64", [2, 1], [[1.5], [2.5, 3.5]]), "ragged", 1),
        (Tensor("size", "FP64", [2, 1], [[1.5], 2.5]), "ragged", 1),
        (Tensor("size", "FP64", [0], []), "empty-batch", None),
        (Tensor("size", "FP64", [2], None), "malformed", None),
    ],
)
def test_v2_names_the_column_and_the_row(tensor: Tensor, code: str, row: int | None) -> None:
    refused = refusal_v2([*tensors(size=None), tensor])
    if code == "ragged" and row is None:
        assert "3 rows" in refused.message
    assert (refused.code, refused.column, refused.row) == (code, "size", row)
    assert '"size"' in refused.message


def test_v2_names_missing_surplus_and_repeated_columns() -> None:
    assert refusal_v2(tensors(size=None)).column == "size"
    assert refusal_v2([]).code == "missing-column"
    surplus = refusal_v2([*tensors(), Tensor("weight", "FP64", [2], [1.0, 2.0])])
    assert (surplus.code, surplus.column) == ("unknown-column", "weight")
    twice = refusal_v2([*tensors(), tensors()[0]])
    assert (twice.code, twice.column) == ("duplicate-column", "size")


def test_v2_refuses_a_matrix_of_several_types_or_another_width() -> None:
    several = refusal_v2([Tensor("x", "FP64", [1, 4], [1.0, 2.0, 3.0, 4.0])])
    assert several.code == "wrong-shape"
    assert "several types" in several.message
    wide = refusal_v2([Tensor("x", "FP64", [1, 3], [1.0, 2.0, 3.0])], PAIR)
    assert "takes 2: a, b" in wide.message


def test_float32_is_rounded_as_the_training_data_were() -> None:
    single = columns(ModelColumn("a", "float32"))
    assert read_v1(single, {"instances": [[5.1]]}) == [{"a": 5.099999904632568}]
    assert refusal_v1({"instances": [[1e39]]}, single).code == "out-of-range"


def test_levels_of_other_types_keep_their_json_type() -> None:
    known = columns(
        ModelColumn("floor", "int64", ("1", "2")),
        ModelColumn("sunny", "bool", ("False", "True")),
    )
    assert read_v1(known, {"instances": [[2, True]]}) == [{"floor": "2", "sunny": "true"}]
    assert refusal_v1({"instances": [[3, True]]}, known).code == "unknown-level"
    assert refusal_v1({"instances": [["2", True]]}, known).code == "ill-typed"
    assert refusal_v1({"instances": [[2, "True"]]}, known).code == "ill-typed"


def test_a_type_without_levels_that_no_number_can_have_is_a_bad_model() -> None:
    with pytest.raises(BadModel, match="column note of type string"):
        columns(ModelColumn("note", "string"))


def test_the_answer_to_v1() -> None:
    scores = Scores(("yes", "no"), ((0.25, 0.75), (0.5, 0.5)))
    assert write_v1(MIXED, scores) == {
        "predictions": [
            {"prediction": "yes", "probabilities": {"no": 0.25, "yes": 0.75}},
            {"prediction": "no", "probabilities": {"no": 0.5, "yes": 0.5}},
        ]
    }
    assert write_v1(columns(classes=()), Scores((1.5,), None)) == {
        "predictions": [{"prediction": 1.5}]
    }


def test_the_answer_to_v2() -> None:
    prediction, probabilities = write_v2(MIXED, Scores(("yes",), ((0.25, 0.75),)))
    assert (prediction.datatype, prediction.shape) == ("BYTES", (1,))
    assert (probabilities.datatype, probabilities.shape) == ("FP64", (1, 2))
    assert probabilities.parameters == {"classes": '["no", "yes"]'}
    (regression,) = write_v2(columns(classes=()), Scores((1.5,), None))
    assert (regression.datatype, regression.shape, regression.values) == ("FP64", (1,), (1.5,))


def test_metadata() -> None:
    assert [(each.name, each.datatype) for each in input_metadata(MIXED)] == [
        ("size", "FP64"),
        ("count", "INT32"),
        ("colour", "BYTES"),
        ("open", "BOOL"),
    ]
    assert [(each.name, each.shape) for each in output_metadata(MIXED)] == [
        ("prediction", (-1,)),
        ("probabilities", (-1, 2)),
    ]
