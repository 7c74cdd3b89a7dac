"""Features that are looked up for each request: by a real server, from a real online store."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from features.made import body, put
from serve import fed
from serve.fed import NOBODY, NULL, OTHER, STALE, WHOLE, asked_all_the_time, row, worth

pytestmark = pytest.mark.slow

V1, V2 = "/v1/models/iris:predict", "/v2/models/iris/infer"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fed.fill(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fed.model(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture(scope="module")
def strict(launch: Any, model: Path, store: Path) -> Any:
    """A server that answers what is missing as an error."""
    return listening(launch(model, port=0, **fed.environment(store)))


def listening(server: Any) -> Any:
    server.port = server.tell("GET", "/exai/state")[1]["port"]
    return server


def predicted(server: Any, *rows: dict[str, Any]) -> list[float]:
    status, answer = server.ask("POST", V1, {"instances": list(rows)})
    assert status == 200, answer
    return [one["prediction"] for one in answer["predictions"]]


def refused(server: Any, *rows: dict[str, Any]) -> dict[str, Any]:
    status, answer = server.ask("POST", V1, {"instances": list(rows)})
    assert status == 400, answer
    assert isinstance(answer, dict)
    return answer


def misses(server: Any) -> dict[tuple[str, str, str], float]:
    """`exai_feature_misses_total` by view, feature and reason."""
    from prometheus_client.parser import text_string_to_metric_families

    text = server.ask("GET", "/metrics")[1].decode()
    return {
        (one.labels["view"], one.labels["feature"], one.labels["reason"]): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
        if one.name == "exai_feature_misses_total" and one.value
    }


def test_a_request_holds_keys_and_the_model_gets_the_features(strict: Any) -> None:
    (one,) = predicted(strict, row(WHOLE, factor=2.0))
    assert one == pytest.approx(worth(20.0, 3, 4.0, 4.0 / 2.0 * 2.0, 0.5))
    metadata = strict.ask("GET", "/v2/models/iris")[1]
    assert [(each["name"], each["datatype"]) for each in metadata["inputs"]] == [
        ("patient_id", "INT64"),
        ("factor", "FP64"),
        ("weight", "FP64"),
    ]
    tensors = [
        {"name": "weight", "shape": [2], "datatype": "FP64", "data": [0.5, 0.0]},
        {"name": "patient_id", "shape": [2], "datatype": "INT64", "data": [WHOLE, OTHER]},
        {"name": "factor", "shape": [2], "datatype": "FP64", "data": [2.0, 1.0]},
    ]
    status, answer = strict.ask("POST", V2, {"inputs": tensors})
    assert status == 200
    two = [one, worth(24.0, 9, 10.0, 5.0)]
    assert answer["outputs"][0]["data"] == pytest.approx(two)


def test_a_batch_gets_each_row_its_own(strict: Any) -> None:
    wanted = {WHOLE: (20.0, 3, 4.0), OTHER: (24.0, 9, 10.0)}
    rows = [row((WHOLE, OTHER)[at % 2], factor=at, weight=-at) for at in range(2500)]
    expected = [
        worth(*wanted[each["patient_id"]], wanted[each["patient_id"]][2] / 2 * at, -at)
        for at, each in enumerate(rows)
    ]
    assert predicted(strict, *rows) == pytest.approx(expected)


def test_what_is_missing_is_an_error_that_names_it_and_is_counted(strict: Any) -> None:
    before = misses(strict)
    unknown = refused(strict, row(WHOLE), row(NOBODY))
    assert (unknown["code"], unknown["row"], unknown["column"]) == ("unknown-entity", 1, "bmi")
    for word in ("instances[1]", "patient_id", str(NOBODY), "body"):
        assert word in unknown["error"]
    assert unknown["hint"]
    null = refused(strict, row(NULL))
    assert (null["code"], null["column"]) == ("missing-feature", "bmi")
    assert f"patient_id {NULL}" in null["error"]
    stale = refused(strict, row(STALE))
    assert (stale["code"], stale["column"]) == ("stale-feature", "tc")
    assert "ttl" in stale["error"]
    made = {key: value - before.get(key, 0) for key, value in misses(strict).items()}
    assert made == {
        **{("body", name, "unknown-entity"): 1 for name in ("bmi", "visits")},
        ("blood", "tc", "unknown-entity"): 1,
        ("ratios", "tc_to_hdl", "unknown-entity"): 1,
        ("body", "bmi", "missing-feature"): 1,
        ("blood", "tc", "stale-feature"): 1,
        ("ratios", "tc_to_hdl", "stale-feature"): 1,
    }


def test_many_at_once_get_each_their_own(strict: Any) -> None:
    """All threads read over one SQLite connection."""
    from concurrent.futures import ThreadPoolExecutor

    wanted = {WHOLE: worth(20.0, 3, 4.0, 2.0), OTHER: worth(24.0, 9, 10.0, 5.0)}

    def ask(at: int) -> bool:
        patient = (WHOLE, OTHER)[at % 2]
        (one,) = predicted(strict, row(patient, weight=float(at)))
        return one == pytest.approx(wanted[patient] + at)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(400)))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"patient_id": None}, "null-value"),
        ({"patient_id": "x"}, "ill-typed"),
        ({"patient_id": 2**70}, "out-of-range"),
        ({"bmi": 20.0}, "unknown-column"),
        ({"patient": 1}, "unknown-column"),
    ],
)
def test_requests_are_checked_as_ever(strict: Any, change: dict[str, Any], code: str) -> None:
    answer = refused(strict, row(WHOLE) | change)
    assert answer["code"] == code
    assert next(iter(change)) in answer["error"]


def test_a_key_that_is_left_out_is_named(strict: Any) -> None:
    answer = refused(strict, {"factor": 1.0, "weight": 1.0})
    assert (answer["code"], answer["column"]) == ("missing-column", "patient_id")


def test_nothing_or_a_default_in_its_place_and_a_hand_over(
    launch: Any, model: Path, store: Path
) -> None:
    """Three servers take one port over from each other, while somebody asks all the time."""
    environment = fed.environment(store)
    first = listening(launch(model, port=0, **environment))
    port = first.port
    with asked_all_the_time(port, V1, {"instances": [row(WHOLE)]}) as answers:
        null = launch(model, **fed.environment(store, "null"))
        assert null.take_over(first, port)[0] == 200
        whole, nobody, old, empty = predicted(null, *map(row, (WHOLE, NOBODY, STALE, NULL)))
        assert whole == pytest.approx(worth(20.0, 3, 4.0, 2.0, 0.5))
        assert nobody == pytest.approx(worth(0, 0, 0, 0, 0.5))
        assert old == pytest.approx(worth(22.0, 7, 0, 0, 0.5))
        assert empty == pytest.approx(worth(0, 5, 6.0, 3.0, 0.5))
        counted = misses(null)
        assert counted["body", "bmi", "unknown-entity"] == 1
        assert counted["blood", "tc", "stale-feature"] == 1

        defaults = {"bmi": 30.0, "tc": 2.0, "tc_to_hdl": 1.0}
        given = launch(model, **fed.environment(store, "default", defaults=defaults))
        assert given.take_over(null, port)[0] == 200
        assert predicted(given, row(STALE), row(NULL)) == pytest.approx(
            [worth(22.0, 7, 2.0, 1.0, 0.5), worth(30.0, 5, 6.0, 3.0, 0.5)]
        )
        # `visits` has no default, so that it lacks a value is an error still.
        answer = refused(given, row(NOBODY))
        assert (answer["code"], answer["column"]) == ("unknown-entity", "visits")
    assert len(answers) > 10
    assert set(answers) == {200}


def test_features_that_are_closed_answer_what_is_on_its_way(store: Path) -> None:
    from exai_components.model_file import ModelColumn
    from exai_components.serve.failure import Failure
    from exai_components.serve.features import Features
    from exai_components.serve.needs import needs_by_name
    from exai_components.serve.policy import Policy

    def opened(on_missing: Any, *, nullable: bool) -> Features:
        column = ModelColumn("bmi", "float64", nullable=nullable)
        policy = Policy("everything", on_missing)
        return Features("m", store, policy, lambda offered: needs_by_name([column], offered))

    async def asked_and_closed(features: Features) -> list[Any]:
        asked = [{"patient_id": patient} for patient in (WHOLE, OTHER)]
        answer = asyncio.create_task(features.complete(asked, "row {}".format))
        await asyncio.sleep(0)
        features.close()
        assert threads_of(features) > 0
        return await answer

    features = opened("error", nullable=False)
    assert asyncio.run(asked_and_closed(features)) == [{"bmi": 20.0}, {"bmi": 24.0}]
    until = time.monotonic() + 20
    while threads_of(features) and time.monotonic() < until:
        time.sleep(0.01)
    assert threads_of(features) == 0
    with pytest.raises(Failure, match="its column bmi takes none"):
        opened("null", nullable=False)


def test_the_password_of_what_only_training_reads_is_not_needed(own_store: Path) -> None:
    """A service isn't given it."""
    from exai_components.model_file import ModelColumn
    from exai_components.serve.features import Features
    from exai_components.serve.needs import needs_by_name
    from exai_components.serve.policy import Policy

    file = own_store / "feature_store.yaml"
    offline = {"type": "postgres", "host": "db", "database": "ml", "user": "exai"}
    offline["password"] = "${EXAI_FEATURES_OFFLINE_STORE_PASSWORD}"  # noqa: S105
    file.write_text(json.dumps(json.loads(file.read_text()) | {"offline_store": offline}))
    columns = [ModelColumn("bmi", "float64", nullable=True)]
    features = Features(
        "m",
        own_store,
        Policy("everything", "error"),
        lambda offered: needs_by_name(columns, offered),
    )
    found = asyncio.run(features.complete([{"patient_id": WHOLE}], "row {}".format))
    features.close()
    assert found == [{"bmi": 20.0}]


def threads_of(features: Any) -> int:
    return sum(thread.is_alive() for thread in features._pool._threads)


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[Path]:
    return fed.fill(tmp_path)


def test_new_values_and_definitions_are_seen_while_it_runs(
    launch: Any, model: Path, own_store: Path
) -> None:
    server = listening(launch(model, port=0, **fed.environment(own_store)))
    assert predicted(server, row(WHOLE)) == pytest.approx([worth(20.0, 3, 4.0, 2.0, 0.5)])
    newer = [body(WHOLE, fed.hours_ago(0.5), 50.0, 4)]
    put(own_store, "body", newer, "later")
    in_another_process("materialize_all", own_store)
    assert predicted(server, row(WHOLE)) == pytest.approx([worth(50.0, 4, 4.0, 2.0, 0.5)])
    # The view of the blood values holds for three days now, so that the old ones still do.
    definitions = own_store / "definitions.py"
    text = definitions.read_text()
    definitions.write_text(text.replace("timedelta(seconds=86400)", "timedelta(days=3)"))
    in_another_process("apply", own_store)
    expected = pytest.approx(worth(22.0, 7, 8.0, 4.0, 0.5))
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        status, answer = server.ask("POST", V1, {"instances": [row(STALE)]})
        if status == 200:
            break
        time.sleep(0.2)
    assert (status, answer["predictions"][0]["prediction"]) == (200, expected)
    # A view that the model needs goes: the server says that it isn't ready, and why.
    definitions.write_text(text.replace('Field(name="bmi"', 'Field(name="bmx"'))
    in_another_process("apply", own_store)
    while server.ask("GET", "/v2/health/ready")[0] == 200 and time.monotonic() < deadline + 20:
        time.sleep(0.2)
    assert server.ask("GET", "/v2/health/ready")[0] == 503
    assert "bmi" in server.tell("GET", "/exai/state")[1]["trouble"]


def in_another_process(what: str, place: Path) -> None:
    import subprocess
    import sys

    code = (
        "from exai_components.feature_store.repository import apply_repository as apply\n"
        "from serve.fed import materialize_all\nfrom pathlib import Path\nimport sys\n"
        f"{what}(Path(sys.argv[1]))"
    )
    folder = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code, str(place)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr


def test_a_server_whose_features_are_not_there_does_not_start(
    tmp_path: Path, launch: Any, model: Path, store: Path
) -> None:
    def said(server: Any) -> str:
        assert server.ended(60) == 1
        log = server.log.read_text()
        assert len(log.splitlines()) == 1, log
        return str(log)

    renamed = dict(fed.FEATURES["columns"], bmi="body:bmx")  # type: ignore[call-overload]
    other = fed.model(tmp_path / "other", fed.FEATURES | {"columns": renamed})
    gone = launch(other, wait=False, **fed.environment(store))
    elsewhere = fed.environment(store) | {
        "EXAI_FEATURES": '{"service": "nothing", "onMissing": "error"}'
    }
    nameless = launch(model, wait=False, **elsewhere)
    plain = launch(fed.model(tmp_path / "plain", {}), wait=False, **fed.environment(store))
    wrong = launch(
        model, wait=False, **fed.environment(store, "default", defaults={"visits": "many"})
    )
    absent = launch(model, wait=False, **fed.environment(tmp_path / "nowhere"))
    assert "trained on body:bmx" in said(gone)
    assert "no service nothing" in said(nameless)
    assert "wasn't trained on features" in said(plain)
    assert "default of visits" in said(wrong)
    assert "no feature repository" in said(absent)
