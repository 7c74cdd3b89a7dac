"""The command line of the server."""

from pathlib import Path

import pytest

from exai_components.jvm import LEAST_HEAP, MIB, heap_bytes
from exai_components.serve.options import Options, parse_options

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
