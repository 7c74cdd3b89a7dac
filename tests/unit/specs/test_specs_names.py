"""Name rules, names of models, and types."""

from __future__ import annotations

from typing import Any

import pytest

from exai_specs.names import (
    ALIAS,
    FIELD,
    KUBERNETES,
    MODEL,
    PARAMETER,
    PIPELINE,
    SERVICE,
    SQL,
    STEP,
    ModelName,
    NameRule,
    parse_model_name,
)
from exai_specs.nearest import did_you_mean, nearest
from exai_specs.types import (
    ListOf,
    MapOf,
    Scalar,
    StructOf,
    TypeProblem,
    mismatch,
    parse_column_type,
    parse_parameter_type,
)

RULES = (KUBERNETES, PIPELINE, SERVICE, SQL, MODEL, FIELD, PARAMETER, STEP, ALIAS)


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (KUBERNETES, ("a", "a-1", "a--b", "a" * 63), ("", "A", "1a", "a-", "a_b", "a" * 64, "a\n")),
        (PIPELINE, ("a" * 50,), ("a" * 51,)),
        (SERVICE, ("a" * 51,), ("a" * 52,)),
        (SQL, ("A", "iris_1", "Iris"), ("a__b", "a_", "_a", "a-b", "a" * 64)),
        (MODEL, ("iris_model", "A-b_", "a--b__c"), ("1a", "_a", "a b", "a@b")),
        (FIELD, ("_a", "A1_", "Output"), ("1a", "a-b", "sepal length (cm)", "ä")),
        (PARAMETER, ("ntrees", "exai"), ("exai_run_key",)),
        (STEP, ("load-data", "s1"), ("load--data", "finally", "Load")),
        (ALIAS, ("champion", "v9a", "a_b"), ("latest", "v9", "9", "Champion")),
    ],
)
def test_rules(rule: NameRule, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    assert [name for name in good if rule.wrong(name)] == []
    assert [name for name in bad if not rule.wrong(name)] == []


@pytest.mark.parametrize(
    ("rule", "name", "suggestion"),
    [
        (KUBERNETES, "Iris Training", "iris-training"),
        (KUBERNETES, "irisTraining", "iris-training"),
        (KUBERNETES, "Übung_1", "ubung-1"),
        (KUBERNETES, "", "name"),
        (KUBERNETES, "日本", "name"),
        (SQL, "iris__data", "iris_data"),
        (MODEL, "iris model", "iris_model"),
        (STEP, "finally", "finally-1"),
        (FIELD, "sepal length (cm)", "sepal_length_cm"),
        (PARAMETER, "exai_trees", "trees"),
        (PARAMETER, "exai_exai_x", "x"),
        (ALIAS, "v9", "v9_1"),
    ],
)
def test_suggestions(rule: NameRule, name: str, suggestion: str) -> None:
    assert rule.suggest(name) == suggestion
    assert rule.wrong(suggestion) is None


def test_names_of_models() -> None:
    assert parse_model_name("iris") == ModelName("iris")
    assert parse_model_name("iris_model@champion") == ModelName("iris_model", alias="champion")
    assert parse_model_name("iris@12") == ModelName("iris", version=12)
    for text in ("iris", "iris@champion", "iris@12"):
        assert str(parse_model_name(text)) == text


@pytest.mark.parametrize(
    "text", ["", "@", "iris@", "iris@latest", "iris@v9", "iris@0", "iris@A", "1a@x", "a@b@c"]
)
def test_no_names_of_models(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_model_name(text)


def test_did_you_mean() -> None:
    assert nearest("On_Failure", ["onFailure", "expectations"]) == "onFailure"
    assert nearest("sourc", ["source", "schema"]) == "source"
    assert nearest("xyz", ["source"]) is None
    assert did_you_mean("xyz", []) == ""
    assert nearest("min", ["max_value", "min_value"]) == "min_value"
    assert nearest("bayes", ["bayesianoptimization", "cmaes"]) == "bayesianoptimization"
    assert nearest("production", ["local", "prod"]) == "prod"
    assert nearest("iris_modle", ["iris", "iris_model"]) == "iris_model"
    assert nearest("modle", ["mode", "model"]) == "model"  # whose letters they are
    assert nearest("all", ["allow"], 0.79) is None
    # What others call it.
    assert nearest("columns", ["key", "schema"]) == "schema"
    assert nearest("double", ["float32", "float64"]) == "float64"
    assert did_you_mean("b", [f"a{i:02}" for i in range(30)]).endswith("a23, ...")


STRUCT = {"struct": {"lr": "double", "tags": {"list": "string"}}}


def test_types() -> None:
    assert parse_column_type("int64") == Scalar("int64")
    assert parse_column_type({"map": {"list": "string"}}) == MapOf(ListOf(Scalar("string")))
    struct = parse_parameter_type(STRUCT)
    assert struct == StructOf({"lr": Scalar("double"), "tags": ListOf(Scalar("string"))})
    assert str(struct) == "{struct: {lr: double, tags: {list: string}}}"
    assert str(parse_column_type({"map": "int32"})) == "{map: int32}"


@pytest.mark.parametrize(
    ("value", "path", "code"),
    [
        ("int", (), "invalid-value"),
        (1, (), "wrong-type"),
        (None, (), "wrong-type"),
        ({}, (), "exactly-one-of"),
        ({"list": "string", "map": "string"}, (), "exactly-one-of"),
        ({"set": "string"}, (), "exactly-one-of"),
        ({"list": {"map": "strin"}}, ("list", "map"), "invalid-value"),
        ({"struct": {}}, ("struct",), "wrong-type"),
        ({"struct": "string"}, ("struct",), "wrong-type"),
        ({"struct": {"a b": "string"}}, ("struct", "a b"), "invalid-name"),
        ({"struct": {"a": "strin"}}, ("struct", "a"), "invalid-value"),
    ],
)
def test_no_types(value: Any, path: tuple[str, ...], code: str) -> None:
    with pytest.raises(TypeProblem) as caught:
        parse_column_type(value)
    assert (caught.value.path, caught.value.code) == (path, code)


@pytest.mark.parametrize(
    ("value", "type_", "where"),
    [
        ("a", "string", None),
        (1, "integer", None),
        (1, "double", None),
        (1.5, "double", None),
        (True, "boolean", None),
        ((1, "a"), "list", None),
        ({"a": 1}, "struct", None),
        ((1, 2), {"list": "integer"}, None),
        ({"lr": 0.1}, STRUCT, None),
        (1, "string", ()),
        (True, "integer", ()),
        (True, "double", ()),
        (1.0, "integer", ()),
        (1, "boolean", ()),
        ("a", "list", ()),
        ((), "struct", ()),
        (None, "string", ()),
        ((1, "a"), {"list": "integer"}, (1,)),
        ("a", {"list": "integer"}, ()),
        ({"lr": "x"}, STRUCT, ("lr",)),
        ({"tags": ("a", 1)}, STRUCT, ("tags", 1)),
        ({"rate": 1}, STRUCT, ("rate",)),
        ((), STRUCT, ()),
    ],
)
def test_values_of_parameters(value: Any, type_: Any, where: tuple[object, ...] | None) -> None:
    found = mismatch(value, parse_parameter_type(type_))
    assert (found and found[0]) == where


def test_values_of_maps() -> None:
    inner = MapOf(Scalar("integer"))
    assert mismatch({"a": 1}, inner) is None
    assert mismatch({"a": "x"}, inner) == (("a",), "must be a whole number, not text")
    assert mismatch(1, inner) == ((), "must be a mapping, not the number 1")
