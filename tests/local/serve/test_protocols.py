"""KServe's protocols over HTTP, by a real server with a real MOJO."""

import json
import socket
import struct
from typing import Any

import pytest

pytestmark = pytest.mark.slow

V1, V2 = "/v1/models/iris:predict", "/v2/models/iris/infer"
FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
SETOSA = dict(zip(FEATURES, (5.1, 3.5, 1.4, 0.2), strict=True))


def tensors(**changes: Any) -> list[dict[str, Any]]:
    given = {
        name: {"name": name, "shape": [1], "datatype": "FP64", "data": [value]}
        for name, value in SETOSA.items()
    }
    return [tensor | changes.get(name, {}) for name, tensor in given.items()]


def test_v1_scores_as_h2o_does(served: Any, models: Any) -> None:
    expected = models.expected("iris")
    rows = [[row[name] for name in FEATURES] for row in expected["rows"]]
    status, body = served.ask("POST", V1, {"instances": rows})
    assert status == 200
    for at, answer in enumerate(body["predictions"]):
        assert answer["prediction"] == expected["scores"]["predict"][at]
        for name, probability in answer["probabilities"].items():
            assert probability == pytest.approx(expected["scores"][name][at], abs=1e-9)


def test_v1_and_v2_agree(served: Any) -> None:
    status, one = served.ask("POST", V1, {"instances": [SETOSA]})
    assert status == 200
    prediction = one["predictions"][0]
    assert prediction["prediction"] == "setosa"
    status, two = served.ask("POST", V2, {"id": "7", "inputs": tensors()})
    assert (status, two["id"], two["model_name"]) == (200, "7", "iris")
    labels, probabilities = two["outputs"]
    assert (labels["name"], labels["datatype"], labels["shape"]) == ("prediction", "BYTES", [1])
    assert labels["data"] == ["setosa"]
    assert (probabilities["name"], probabilities["shape"]) == ("probabilities", [1, 3])
    classes = json.loads(probabilities["parameters"]["classes"])
    assert dict(zip(classes, probabilities["data"], strict=True)) == prediction["probabilities"]


def test_v2_without_an_id_gets_one(served: Any) -> None:
    first = served.ask("POST", V2, {"inputs": tensors()})[1]["id"]
    assert first
    assert served.ask("POST", V2, {"inputs": tensors()})[1]["id"] != first


def test_v2_takes_a_matrix_and_a_large_batch(served: Any) -> None:
    values = [list(SETOSA.values())] * 500
    body = {"inputs": [{"name": "x", "shape": [500, 4], "datatype": "FP64", "data": values}]}
    status, answer = served.ask("POST", V2, body)
    assert status == 200
    assert answer["outputs"][0]["data"] == ["setosa"] * 500
    assert answer["outputs"][1]["shape"] == [500, 3]


def test_v2_gives_only_the_outputs_that_are_asked_for(served: Any) -> None:
    body = {"inputs": tensors(), "outputs": [{"name": "prediction"}]}
    status, answer = served.ask("POST", V2, body)
    assert (status, [output["name"] for output in answer["outputs"]]) == (200, ["prediction"])
    body = {"inputs": tensors(), "outputs": [{"name": "species"}]}
    status, answer = served.ask("POST", V2, body)
    assert (status, answer["code"]) == (400, "unknown-output")


def test_v2_takes_and_gives_binary_tensors(served: Any) -> None:
    head = {
        "parameters": {"binary_data_output": True},
        "inputs": [
            {
                "name": name,
                "shape": [1],
                "datatype": "FP64",
                "parameters": {"binary_data_size": 8},
            }
            for name in FEATURES
        ],
    }
    text = json.dumps(head).encode()
    body = text + struct.pack("<4d", *SETOSA.values())
    status, answer = served.ask(
        "POST",
        V2,
        body,
        **{
            "content-type": "application/octet-stream",
            "inference-header-content-length": str(len(text)),
        },
    )
    assert status == 200
    assert b"setosa" in answer


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_a_body_is_json_whatever_its_type_says(served: Any, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    for path, value in ((V1, {"instances": [SETOSA]}), (V2, {"inputs": tensors()})):
        assert served.ask("POST", path, json.dumps(value).encode(), **headers)[0] == 200


def test_metadata_health_and_readiness(served: Any) -> None:
    status, body = served.ask("GET", "/v2/models/iris")
    assert status == 200
    assert [(each["name"], each["datatype"], each["shape"]) for each in body["inputs"]] == [
        (name, "FP64", [-1]) for name in FEATURES
    ]
    assert [(each["name"], each["datatype"], each["shape"]) for each in body["outputs"]] == [
        ("prediction", "BYTES", [-1]),
        ("probabilities", "FP64", [-1, 3]),
    ]
    for path in ("/", "/v1/models", "/v1/models/iris", "/v2", "/v2/health/live"):
        assert served.ask("GET", path)[0] == 200
    for path in ("/v2/health/ready", "/v2/models", "/v2/models/iris/ready"):
        assert served.ask("GET", path)[0] == 200


BAD: dict[str, tuple[str, Any, str, str]] = {
    "v1 missing": (V1, {"instances": [{}]}, "missing-column", "sepal_length"),
    "v1 surplus": (V1, {"instances": [SETOSA | {"x": 1}]}, "unknown-column", "x"),
    "v1 type": (V1, {"instances": [SETOSA | {"petal_width": "1"}]}, "ill-typed", "petal_width"),
    "v1 null": (V1, {"instances": [SETOSA | {"petal_width": None}]}, "null-value", "petal_width"),
    "v1 ragged": (V1, {"instances": [[1.0]]}, "ragged", "4: sepal_length"),
    "v1 empty": (V1, {"instances": []}, "empty-batch", "instances"),
    "v1 not JSON": (V1, b"{", "malformed", ""),
    "v1 NaN": (V1, b'{"instances": [[NaN, 1, 2, 3]]}', "malformed", ""),
    "v1 infinite": (V1, b'{"instances": [[1e999, 1, 2, 3]]}', "", ""),
    "v1 nothing": (V1, b"", "malformed", ""),
    "v1 deep": (V1, b"[" * 100000, "malformed", ""),
    "v1 not UTF-8": (V1, b'{"instances": "\xff"}', "malformed", ""),
    "v2 missing": (V2, {"inputs": tensors()[:3]}, "missing-column", "petal_width"),
    "v2 surplus": (
        V2,
        {"inputs": [*tensors(), tensors()[0] | {"name": "x"}]},
        "unknown-column",
        "x",
    ),
    "v2 datatype": (
        V2,
        {"inputs": tensors(petal_width={"datatype": "BYTES", "data": ["1"]})},
        "wrong-datatype",
        "petal_width",
    ),
    "v2 FP16": (
        V2,
        {"inputs": tensors(petal_width={"datatype": "FP16"})},
        "malformed",
        "petal_width",
    ),
    "v2 ragged": (
        V2,
        {"inputs": tensors(petal_width={"shape": [2], "data": [1.0, 2.0]})},
        "ragged",
        "petal_width",
    ),
    "v2 shape": (V2, {"inputs": tensors(petal_width={"shape": [9]})}, "wrong-shape", "petal_width"),
    "v2 null": (V2, {"inputs": tensors(petal_width={"data": [None]})}, "null-value", "petal_width"),
    "v2 no data": (
        V2,
        {"inputs": [*tensors()[:3], {"name": "petal_width", "shape": [1], "datatype": "FP64"}]},
        "malformed",
        "petal_width",
    ),
    "v2 empty": (V2, {"inputs": []}, "missing-column", "inputs"),
    "v2 no inputs": (V2, {}, "malformed", "inputs"),
    "v2 list": (V2, [], "malformed", ""),
    "v2 text": (V2, "text", "malformed", ""),
    "v2 null body": (V2, b"null", "malformed", "empty"),
    "v2 not JSON": (V2, b"{", "malformed", "not JSON"),
    "v2 NaN": (
        V2,
        json.dumps({"inputs": tensors(petal_width={"data": [float("nan")]})}).encode(),
        "not-finite",
        "petal_width",
    ),
    "v2 nothing": (V2, b"", "malformed", ""),
    "v2 deep": (V2, b"[" * 100000, "", ""),
    "v2 id": (V2, {"id": 7, "inputs": tensors()}, "malformed", "id"),
    "v2 surrogate": (V2, b'{"id": "\\ud800", "inputs": []}', "", ""),
    "v2 huge number": (
        V2,
        b'{"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1%b]}]}'
        % (b"0" * 5000),
        "",
        "",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_request_is_a_400_that_names_what_is_bad(served: Any, case: str) -> None:
    path, body, code, named = BAD[case]
    kind = {"content-type": "application/json"}
    status, answer = served.ask("POST", path, body, **kind)
    assert status == 400, answer
    assert isinstance(answer, dict)
    assert "Traceback" not in answer["error"]
    assert not code or answer["code"] == code
    assert named in answer["error"]


@pytest.mark.parametrize(
    "head",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"inputs": 1}',
        b'{"inputs": [1]}',
        b'{"inputs": [{}]}',
        b'{"inputs": [{"name": "petal_width", "shape": [7], "datatype": "FP64",'
        b' "parameters": {"binary_data_size": 8}}]}',
        b'{"inputs": [{"name": "petal_width", "shape": [1], "datatype": "BYTES",'
        b' "parameters": {"binary_data_size": 8}}]}',
        b'{"inputs": [{"name": "petal_width", "shape": [1], "datatype": 5,'
        b' "parameters": {"binary_data_size": "x"}}]}',
    ],
)
@pytest.mark.parametrize("length", ["", "x", "-1", "999999999999"])
def test_bad_binary_requests_are_400s(served: Any, head: bytes, length: str) -> None:
    headers = {
        "content-type": "application/octet-stream",
        "inference-header-content-length": length or str(len(head)),
    }
    assert served.ask("POST", V2, head + b"\xff" * 8, **headers)[0] == 400


@pytest.mark.parametrize("headers", [{"ce-id": "1"}, {"ce-specversion": "1.0", "ce-id": "1"}])
def test_bad_cloud_events_are_400s(served: Any, headers: dict[str, str]) -> None:
    events = {"ce-source": "x", "ce-type": "y", **headers, "content-type": "application/json"}
    for body in (b"\xff", b"[]", b"{}"):
        assert served.ask("POST", V1, body, **events)[0] == 400


def test_a_huge_body_is_a_413(served: Any) -> None:
    body = b" " * (17 * 1024 * 1024)
    status, answer = served.ask("POST", V1, body, **{"content-type": "application/json"})
    assert (status, answer["code"]) == (413, "too-large")


@pytest.mark.parametrize("path", [V1, V2])
def test_a_huge_body_without_a_length_is_a_413(served: Any, path: str) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as tcp:
        head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        tcp.sendall(head.encode() + b"transfer-encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        for _ in range(17):
            tcp.sendall(chunk)
        assert tcp.recv(100).startswith(b"HTTP/1.1 413")


def test_unknown_models_and_paths_are_404s(served: Any) -> None:
    for path in ("/v1/models/other:predict", "/v2/models/other/infer"):
        status, answer = served.ask("POST", path, {"instances": [SETOSA], "inputs": tensors()})
        assert status == 404
        assert isinstance(answer, dict)
    assert served.ask("GET", "/v2/models/other")[0] == 404
    assert served.ask("GET", V2)[0] == 405


def test_nobody_unloads_the_model(served: Any) -> None:
    assert served.ask("POST", "/v2/repository/models/iris/unload")[0] == 501
    assert served.ask("POST", "/v2/repository/models/iris/load")[0] == 501
    assert served.ask("GET", "/v2/models/iris/ready")[0] == 200


def test_a_foreign_host_is_refused_on_tcp(served: Any) -> None:
    status, answer = served.ask("GET", "/v2/health/ready", Host="evil.example")
    assert (status, answer["code"]) == (421, "unknown-host")


def test_control_paths_exist_on_the_control_socket_only(served: Any) -> None:
    for method, path in (
        ("GET", "/exai/state"),
        ("POST", "/exai/drain"),
        ("POST", "/exai/take-over"),
    ):
        assert served.ask(method, path)[0] == 404
    status, state = served.tell("GET", "/exai/state")
    assert status == 200
    assert state["pid"] == served.process.pid
    assert (state["model_name"], state["port"], state["state"]) == ("iris", served.port, "serving")
    assert served.tell("POST", V1, {"instances": [SETOSA]})[0] == 200
    assert served.tell("POST", "/exai/nothing")[0] == 404
    assert served.tell("POST", "/exai/take-over", {"port": "x"})[0] == 400
    assert served.control.stat().st_mode & 0o777 == 0o600
    assert served.control.with_name(served.control.name + ".fd").stat().st_mode & 0o777 == 0o600


def metric(served: Any, name: str) -> float:
    text = served.ask("GET", "/metrics")[1].decode()
    lines = [line for line in text.splitlines() if line.startswith(name)]
    return float(lines[0].rpartition(" ")[2]) if lines else 0.0


def test_metrics_count_requests_latency_and_errors(served: Any) -> None:
    def counts() -> list[float]:
        return [
            metric(served, name)
            for name in (
                'exai_requests_total{code="200",model_name="iris",protocol="v1"}',
                'exai_requests_total{code="400",model_name="iris",protocol="v2"}',
                'exai_requests_total{code="404",model_name="",protocol="v1"}',
                'exai_request_errors_total{fault="client",model_name="iris",protocol="v2"}',
                'exai_request_errors_total{fault="server",model_name="iris",protocol="v2"}',
                'exai_request_seconds_count{model_name="iris",protocol="v1"}',
                'request_predict_seconds_count{model_name="iris"}',
            )
        ]

    before = counts()
    served.ask("POST", V1, {"instances": [SETOSA]})
    served.ask("POST", V2, {"inputs": []})
    served.ask("POST", "/v1/models/other:predict", {})
    after = counts()
    assert [late - early for late, early in zip(after, before, strict=True)] == [
        1, 1, 1, 1, 0, 1, 2,
    ]  # fmt: skip


def test_a_regression_with_levels_and_nulls(launch: Any, models: Any) -> None:
    expected = models.expected("width")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = launch(models / "width", port=port)
    names = ("colour", *FEATURES[:3])
    rows = [{name: row[name] for name in names} for row in expected["rows"]]
    status, answer = server.ask("POST", V1, {"instances": rows})
    assert status == 200
    assert [list(each) for each in answer["predictions"][:1]] == [["prediction"]]
    values = [each["prediction"] for each in answer["predictions"]]
    assert values == pytest.approx(expected["scores"]["predict"], abs=1e-5)
    assert server.ask("POST", V1, {"instances": [rows[0] | {"colour": None}]})[0] == 200
    status, answer = server.ask("POST", V1, {"instances": [rows[0] | {"colour": "green"}]})
    assert (status, answer["code"], answer["column"], answer["row"]) == (
        400,
        "unknown-level",
        "colour",
        0,
    )
    assert "known: blue, red" in answer["error"]
    status, answer = server.ask("GET", "/v2/models/iris")
    assert answer["inputs"][0]["datatype"] == "BYTES"
    assert [(each["name"], each["datatype"]) for each in answer["outputs"]] == [
        ("prediction", "FP64")
    ]


def test_nothing_is_logged_for_requests(served: Any) -> None:
    assert served.log.read_text().splitlines() == ["exai: iris is ready"]
