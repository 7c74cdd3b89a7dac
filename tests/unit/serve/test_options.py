"""The command line of the server."""

from pathlib import Path

import pytest

from exai_components.jvm import LEAST_HEAP, MIB, heap_bytes
from exai_components.serve.options import Options, Predictor, parse_options

REQUIRED = ["--model_name", "iris", "--model_dir", "/mnt/models"]


def test_the_clusters_form() -> None:
    arguments = ["--model_name=iris", "--model_dir=/mnt/models", "--http_port=8080"]
    given = parse_options([*arguments, "--host", "0.0.0.0"], {})  # noqa: S104
    assert given == Options("iris", Path("/mnt/models"), "0.0.0.0", 8080)  # noqa: S104
    assert not given.loopback


def test_by_default_only_this_machine_is_served() -> None:
    assert parse_options(REQUIRED, {}).host == "127.0.0.1"
    assert parse_options(REQUIRED, {}).loopback


def test_the_local_form() -> None:
    environment = {"EXAI_MODEL_DIGEST": "abc"}
    given = parse_options([*REQUIRED, "--control", "c", "--no_listen"], environment)
    assert (given.port, given.control, given.digest) == (None, Path("c"), "abc")


FED = {"EXAI_FEATURES": "{}", "EXAI_FEATURE_REPOSITORY": "/mnt/repository"}


def test_a_transformer_as_kserve_starts_it() -> None:
    # What is rendered, and then what KServe adds, the same names again included.
    rendered = ["--transformer", "--host=0.0.0.0", "--http_port=8080", "--model_name=iris"]
    added = ["--model_name", "iris", "--predictor_host", "iris-predictor.ml", "--http_port", "8080"]
    more = ["--predictor_use_ssl", "true", "--predictor_request_timeout_seconds", "5"]
    given = parse_options([*rendered, *added, "--predictor_protocol", "v2", *more], FED)
    assert given.predictor == Predictor("https://iris-predictor.ml", 5.0)
    assert (given.model_dir, given.features) == (None, "{}")
    assert given.repository == Path("/mnt/repository")
    plain = parse_options(["--transformer", *added, "--predictor_host", "127.0.0.1:8081"], FED)
    assert plain.predictor == Predictor("http://127.0.0.1:8081", 60.0)


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--transformer", "--model_name", "iris"], FED),
        (["--transformer", "--model_name", "iris", "--predictor_host", "p"], {}),
        (["--transformer", *REQUIRED, "--predictor_host", "p"], FED),
        (REQUIRED, {"EXAI_FEATURES": "{}"}),
    ],
)
def test_half_of_what_features_need_is_refused(
    arguments: list[str], environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_options(arguments, environment)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--model_name", "iris"],
        [*REQUIRED, "--no_listen"],
        [*REQUIRED, "--http_port", "70000"],
        [*REQUIRED, "--http_port", "x"],
        [*REQUIRED, "--workers", "2"],
        [*REQUIRED, "--contro", "c"],
    ],
)
def test_what_it_does_not_know_it_refuses(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_options(arguments, {})
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_the_heap_grows_with_the_model_and_stays_within_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EXAI_MEMORY", raising=False)
    assert heap_bytes(0) == LEAST_HEAP
    assert heap_bytes(100 * MIB) == LEAST_HEAP + 400 * MIB
    monkeypatch.setenv("EXAI_MEMORY", str(200 * MIB))
    assert heap_bytes(100 * MIB) == 200 * MIB
    assert heap_bytes(0) == LEAST_HEAP
