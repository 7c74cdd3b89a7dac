"""Rows to requests: what is sent, and what is said when a row can't be."""

from __future__ import annotations

import pytest

from exai_runtime.predicting import Refusal, ask, infer_request

TYPES = {"a": "FP64", "b": "BYTES"}


def test_one_tensor_a_column_in_the_order_of_the_signature() -> None:
    request = infer_request([{"b": "x", "a": 1.5}, {"b": "y", "a": 2}], TYPES)
    assert request["inputs"] == [
        {"name": "a", "shape": [2], "datatype": "FP64", "data": [1.5, 2]},
        {"name": "b", "shape": [2], "datatype": "BYTES", "data": ["x", "y"]},
    ]


def test_surplus_columns_are_sent_for_the_service_to_refuse() -> None:
    (tensor,) = infer_request([{"z": True}], TYPES)["inputs"]
    assert tensor == {"name": "z", "shape": [1], "datatype": "BOOL", "data": [True]}


def test_rows_of_different_columns_are_refused_with_the_row_and_the_column() -> None:
    with pytest.raises(Refusal, match="row 2 has no `b`"):
        infer_request([{"a": 1, "b": "x"}, {"a": 1}], TYPES)


def test_a_dead_address_is_a_refusal() -> None:
    with pytest.raises(Refusal, match="doesn't answer"):
        ask("http://127.0.0.1:1", "m", [{"a": 1}], "v2")
