"""Which columns are looked up, which a request holds, and what is answered in their place."""

import json
from typing import Any

import pytest

from exai_components.model_file import ModelColumn, ModelFile
from exai_components.serve.failure import Failure
from exai_components.serve.needs import asked_columns, needs_by_name, needs_of
from exai_components.serve.policy import Policy, parse_policy
from exai_components.serve.values import Rejected
from exai_components.serve.wire import Columns
from exai_components.serve.wire_v1 import read_v1

SIZE = ModelColumn("size", "float64")
COLOUR = ModelColumn("colour", "string", ("red", "green"))
WEIGHT = ModelColumn("weight", "int64", nullable=False)
OFFERED = [("body", "size"), ("body", "age"), ("made", "colour")]


def signature(columns: dict[str, str]) -> ModelFile:
    features = {"service": "s", "columns": columns} if columns else {}
    return ModelFile("regression", "y", (SIZE, COLOUR, WEIGHT), {}, features=features)


def test_a_models_own_references_say_what_is_looked_up() -> None:
    needs = needs_of(signature({"size": "body:size", "colour": "made:colour"}), "s", OFFERED)
    assert [(one.column, one.view, one.feature) for one in needs.looked_up] == [
        (SIZE, "body", "size"),
        (COLOUR, "made", "colour"),
    ]
    assert needs.own == (WEIGHT,)
    assert needs.views() == {"size": "body", "colour": "made"}


@pytest.mark.parametrize(
    ("columns", "code", "word"),
    [
        ({}, "not-trained-on-features", "load-features"),
        ({"size": "body:length"}, "features-differ", "body:length"),
        ({"size": "other:size"}, "features-differ", "body:size, body:age, made:colour"),
    ],
)
def test_a_service_of_other_features_is_refused(
    columns: dict[str, str], code: str, word: str
) -> None:
    with pytest.raises(Failure) as caught:
        needs_of(signature(columns), "s", OFFERED)
    assert caught.value.code == code
    assert word in caught.value.line()


def test_without_the_model_names_say_it() -> None:
    needs = needs_by_name((SIZE, WEIGHT), [*OFFERED, ("later", "size")])
    assert [(one.column, one.view) for one in needs.looked_up] == [(SIZE, "body")]
    assert needs.own == (WEIGHT,)
    with pytest.raises(Failure, match="none of it is a feature"):
        needs_by_name((WEIGHT,), OFFERED)


def test_a_request_holds_keys_then_what_transforms_take_then_the_models_own() -> None:
    needs = needs_of(signature({"size": "body:size", "colour": "made:colour"}), "s", OFFERED)
    kinds = {"name": "string", "at": "timestamp", "tags": {"list": "string"}, "weight": "int64"}
    asked = asked_columns(needs, kinds, ("name",))
    assert [(one.name, one.type, one.nullable) for one in asked] == [
        ("name", "string", False),
        ("at", "timestamp", True),
        ("tags", "json", True),
        ("weight", "int64", False),
    ]
    columns = Columns(signature({}), asked, looked_up=needs.views())
    row = {"name": "x", "at": "2026-01-01", "tags": None, "weight": 3}
    assert read_v1(columns, {"instances": [row]}) == [row]
    assert columns.datatypes == {"name": "BYTES", "at": "BYTES", "tags": "BYTES", "weight": "INT64"}
    with pytest.raises(Rejected) as caught:
        read_v1(columns, {"instances": [row | {"size": 1.0}]})
    assert (caught.value.code, caught.value.column) == ("unknown-column", "size")
    assert "looked up in body" in caught.value.message
    assert caught.value.body()["hint"] == "Send name, at, tags, weight alone"
    with pytest.raises(Rejected) as caught:
        read_v1(columns, {"instances": [row | {"name": 7}]})
    assert caught.value.code == "ill-typed"


def test_the_policy_is_read() -> None:
    assert parse_policy('{"service": "s"}') == Policy("s", "error", {})
    text = json.dumps({"service": "s", "onMissing": "default", "defaults": {"size": 1.5}})
    assert parse_policy(text) == Policy("s", "default", {"size": 1.5})


@pytest.mark.parametrize(
    "value",
    ["", "x", "[]", "{}", '{"service": ""}', '{"service": 1}', '{"service": "s", "defaults": [1]}']
    + [json.dumps({"service": "s", "onMissing": wrong}) for wrong in ("none", None, 1)],
)
def test_a_policy_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(Failure) as caught:
        parse_policy(value)
    assert caught.value.code == "bad-features"
