"""Whatever is sent, the server answers, and never with a 5xx."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

PATHS = st.sampled_from(["/v1/models/iris:predict", "/v2/models/iris/infer"])
KINDS = st.sampled_from(
    ["application/json", "application/octet-stream", "text/plain", "application/cloudevents+json"]
)
WORDS = st.sampled_from(
    (
        *("instances", "inputs", "outputs", "id", "name", "shape", "datatype", "data"),
        *("specversion", "source", "type", "time", "parameters", "binary_data_size"),
        *("binary_data_output", "sepal_length", "prediction", "FP64", "BYTES"),
    )
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=15,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["inference-header-content-length", "ce-id", "ce-specversion", "ce-type", "ce-source"]
    ),
    st.sampled_from(["1", "0", "-5", "x", "1.0", ""]),
)
LENIENT = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@LENIENT
@given(path=PATHS, kind=KINDS, value=VALUES, headers=HEADERS)
def test_json_of_any_shape(
    served: Any, path: str, kind: str, value: Any, headers: dict[str, str]
) -> None:
    body = json.dumps(value).encode()
    status, answer = served.ask("POST", path, body, **headers, **{"content-type": kind})
    assert 200 <= status < 500, answer


@LENIENT
@given(path=PATHS, kind=KINDS, body=st.binary(max_size=200), headers=HEADERS)
def test_bytes_of_any_kind(
    served: Any, path: str, kind: str, body: bytes, headers: dict[str, str]
) -> None:
    status, answer = served.ask("POST", path, body, **headers, **{"content-type": kind})
    assert 400 <= status < 500, answer
