"""Which runtime serves a model: decided by what is asked for, and never left to a cluster."""

from __future__ import annotations

import pytest

from exai_compiler.backends.kserve.chosen import Chosen, NoRuntime, choose
from exai_compiler.backends.kserve.shipped import SHIPPED, Runtime

OWN = Runtime("own", {"sklearn": ("1", "2"), "mine": ("1",)}, ("v2",), ("sklearn", "mine"))


@pytest.mark.parametrize(
    ("format_", "version", "protocol", "asked", "own", "name"),
    [
        ("sklearn", None, "v2", None, (), "kserve-sklearnserver"),
        ("sklearn", "1.5", "v1", None, (), "kserve-sklearnserver"),
        ("sklearn", "0", "v2", None, (), "kserve-mlserver"),
        ("sklearn", None, "v2", "kserve-predictiveserver", (), "kserve-predictiveserver"),
        ("sklearn", None, "v2", None, (OWN,), "own"),
        ("sklearn", None, "v1", None, (OWN,), "kserve-sklearnserver"),
        ("tensorflow", None, "v2", None, (), "kserve-tritonserver"),
        ("tensorflow", None, "v1", None, (), "kserve-tensorflow-serving"),
        ("tensorflow", None, "grpc-v1", None, (), "kserve-tensorflow-serving"),
        ("pytorch", None, "v2", None, (), "kserve-torchserve"),
        ("pytorch", None, "v2", "kserve-tritonserver", (), "kserve-tritonserver"),
        ("mlflow", None, "v2", None, (), "kserve-mlserver"),
        ("vLLM", None, "v1", None, (), "kserve-vllmserver"),
        ("h2o-mojo", None, "v2", None, (), "exai-h2o-mojo"),
        ("anything", "7", "v1", "of-the-platform", (), "of-the-platform"),
    ],
)
def test_the_runtime_is(
    format_: str,
    version: str | None,
    protocol: str,
    asked: str | None,
    own: tuple[Runtime, ...],
    name: str,
) -> None:
    found = choose(format_, version, protocol, asked, own, False)
    assert isinstance(found, Chosen) and found.name == name


def test_only_what_exais_steps_wrote_is_served_by_exais_server_of_scikit_learn() -> None:
    found = choose("sklearn", None, "v2", None, (), True)
    assert isinstance(found, Chosen) and (found.name, found.version) == ("exai-sklearn", "1")


@pytest.mark.parametrize(
    ("format_", "version", "protocol", "asked", "why"),
    [
        ("nothing", None, "v2", None, "format"),
        ("onnx", None, "v2", "kserve-sklearnserver", "format"),
        ("onnx", "3", "v2", None, "version"),
        ("mlflow", None, "v1", None, "protocol"),
        ("h2o-mojo", None, "grpc-v2", None, "protocol"),
    ],
)
def test_there_is_none_because_of(
    format_: str, version: str | None, protocol: str, asked: str | None, why: str
) -> None:
    found = choose(format_, version, protocol, asked, (), False)
    assert isinstance(found, NoRuntime) and found.why == why and found.others


def test_every_format_that_a_runtime_is_chosen_for_is_one_of_its_own() -> None:
    assert len({runtime.name for runtime in SHIPPED}) == len(SHIPPED) == 15
    for runtime in SHIPPED:
        assert set(runtime.chosen) <= set(runtime.formats)
        assert set(runtime.protocols) <= {"v1", "v2", "grpc-v1", "grpc-v2"}
