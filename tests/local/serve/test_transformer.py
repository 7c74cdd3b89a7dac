"""A transformer and a predictor, two real processes, as KServe starts them; and a Redis that goes
away and comes back.
"""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from serve import fed
from serve.fed import NOBODY, OTHER, STALE, WHOLE, row, worth
from servers import Redis, redis_server

pytestmark = pytest.mark.slow

V1, V2 = "/v1/models/iris:predict", "/v2/models/iris/infer"


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with redis_server("a-password") as server:
        yield server


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, redis: Redis) -> Path:
    online = {"type": "redis", "connection_string": redis.connection_string}
    return fed.fill(tmp_path_factory.mktemp("redis"), online)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fed.model(tmp_path_factory.mktemp("model") / "model")


def listening(server: Any) -> Any:
    server.port = server.tell("GET", "/exai/state")[1]["port"]
    return server


def tensors(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    types = {"patient_id": "INT64", "factor": "FP64", "weight": "FP64"}
    return [
        {
            "name": name,
            "shape": [len(rows)],
            "datatype": datatype,
            "data": [one[name] for one in rows],
        }
        for name, datatype in types.items()
    ]


def prediction(server: Any, body: dict[str, Any]) -> Any:
    status, answer = server.ask("POST", V1, body)
    assert status == 200, answer
    return answer["predictions"][0]["prediction"]


def test_the_store_goes_away_and_the_server_stays(
    launch: Any, model: Path, store: Path, redis: Redis
) -> None:
    server = listening(launch(model, port=0, **fed.environment(store)))
    body = {"instances": [row(WHOLE)]}
    expected = worth(20.0, 3, 4.0, 2.0, 0.5)
    assert prediction(server, body) == pytest.approx(expected)
    redis.stop()
    try:
        status, answer = server.ask("POST", V1, body)
        assert (status, answer["code"]) == (503, "feature-store-unreachable")
        assert "a-password" not in str(answer)
        assert server.ask("GET", "/v2/health/ready")[0] == 503
        assert server.ask("GET", "/v2/models/iris/ready")[0] == 503
        assert server.ask("GET", "/v2/health/live")[0] == 200
        assert "Redis" in server.tell("GET", "/exai/state")[1]["trouble"]
    finally:
        redis.start()
    assert server.ask("GET", "/v2/health/ready")[0] == 200  # it asks, without a request
    assert prediction(server, body) == pytest.approx(expected)
    assert server.tell("GET", "/exai/state")[1]["trouble"] == ""
    # One that hangs holds up who asks it, for a while, and nobody else.
    assert redis.process is not None
    redis.process.send_signal(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(server.ask, "POST", V1, body)
            began = time.monotonic()
            assert server.ask("GET", "/v2/health/live")[0] == 200
            assert time.monotonic() - began < 1
            status, answer = asked.result()
        assert (status, answer["code"]) == (503, "feature-store-unreachable")
    finally:
        redis.process.send_signal(signal.SIGCONT)
    assert prediction(server, body) == pytest.approx(expected)
    assert "a-password" not in server.log.read_text()


def test_a_wrong_password_is_refused_at_the_start(
    tmp_path: Path, launch: Any, model: Path, store: Path
) -> None:
    wrong = tmp_path / "repository"
    wrong.mkdir()
    text = (store / "feature_store.yaml").read_text()
    text = text.replace("a-password", "another-word").replace("../", f"{store.parent}/")
    (wrong / "feature_store.yaml").write_text(text)
    (wrong / "transforms").symlink_to(store / "transforms")
    server = launch(model, wait=False, **fed.environment(wrong))
    assert server.ended(60) == 1
    log = server.log.read_text()
    assert "refused the password" in log
    assert "another-word" not in log


def test_a_transformer_looks_up_and_a_predictor_scores(
    launch: Any, tmp_path: Path, model: Path, store: Path
) -> None:
    # Started before its predictor is there, as a cluster does: it waits for it.
    predictor = listening(launch(model, port=0))
    predictor.process.terminate()
    predictor.ended()
    host = ["--predictor_host", f"127.0.0.1:{predictor.port}", "--predictor_protocol", "v2"]
    # KServe writes some of what is there again.
    arguments = ["--transformer", *host, "--model_name", "iris"]
    transformer = launch(None, *arguments, port=0, wait=False, **fed.environment(store))
    time.sleep(2)
    predictor = launch(model, port=predictor.port)
    listening(transformer.wait_ready())

    expected = worth(20.0, 3, 4.0, 8.0, 0.5)
    status, one = transformer.ask("POST", V1, {"instances": [row(WHOLE, factor=4.0)]})
    assert (status, one["predictions"][0]["prediction"]) == (200, pytest.approx(expected))
    rows = [row(WHOLE, factor=4.0), row(OTHER)]
    body = {"id": "7", "inputs": tensors(*rows)}
    status, two = transformer.ask("POST", V2, body)
    assert (status, two["id"], two["model_name"]) == (200, "7", "iris")
    assert two["outputs"][0]["data"] == pytest.approx([expected, worth(24.0, 9, 10.0, 5.0, 0.5)])
    metadata = transformer.ask("GET", "/v2/models/iris")[1]
    assert [each["name"] for each in metadata["inputs"]] == ["patient_id", "factor", "weight"]
    assert metadata["outputs"] == predictor.ask("GET", "/v2/models/iris")[1]["outputs"]

    for patient, code in ((NOBODY, "unknown-entity"), (STALE, "stale-feature")):
        status, answer = transformer.ask("POST", V1, {"instances": [row(patient)]})
        assert (status, answer["code"], answer["row"]) == (400, code, 0)
    # What only the predictor knows to be wrong comes through as it said it.
    said = transformer.ask("POST", V2, {"inputs": tensors(row(WHOLE) | {"weight": None})})
    assert (said[0], said[1]["code"], said[1]["column"]) == (400, "null-value", "weight")
    forwarded = misses_of(transformer)
    assert forwarded["unknown-entity"] > 0

    # The predictor takes another model in, which has one column less, while many ask.
    less = launch(fed.model(tmp_path / "less", drop="visits"))
    bodies = [(V1, {"instances": rows}), (V2, body)] * 3
    with ExitStack() as asking:
        answers = [
            asking.enter_context(fed.asked_all_the_time(transformer.port, *each)) for each in bodies
        ]
        assert less.take_over(predictor, predictor.port)[0] == 200
        assert predictor.ended() == 0
        counts = [len(each) for each in answers]
        until = time.monotonic() + 60
        while time.monotonic() < until and any(
            len(each) < count + 5 for each, count in zip(answers, counts, strict=True)
        ):
            time.sleep(0.01)
    assert {status for each in answers for status in each} == {200}
    status, one = transformer.ask("POST", V1, {"instances": [row(WHOLE, factor=4.0)]})
    assert (status, one["predictions"][0]["prediction"]) == (200, pytest.approx(expected - 30))

    less.process.terminate()
    less.ended()
    status, answer = transformer.ask("POST", V1, {"instances": [row(WHOLE)]})
    assert (status, answer["code"]) == (503, "predictor-unreachable")


def misses_of(server: Any) -> dict[str, float]:
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[str, float] = {}
    text = server.ask("GET", "/metrics")[1].decode()
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            if one.name == "exai_feature_misses_total":
                reason = one.labels["reason"]
                found[reason] = found.get(reason, 0) + one.value
    return found
