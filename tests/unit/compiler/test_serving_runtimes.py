"""Which runtime serves a model: decided by what is asked for, and never left to a cluster."""

from __future__ import annotations

import pytest

from exai_compiler.backends.kserve.chosen import EXAIS, Chosen, NoRuntime, choose
from exai_compiler.backends.kserve.platforms import RELEASES, release
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
    found = choose(format_, version, protocol, asked, (*own, *EXAIS, *SHIPPED), False)
    assert isinstance(found, Chosen) and found.name == name


LISTED = Runtime("listed", {"m": ("1", "1.5", "2"), "any": ()}, ("v2",), ("m", "any"))


@pytest.mark.parametrize(
    ("format_", "stated", "written"),
    [
        ("m", None, "2"),
        ("m", "1", "1"),
        ("m", "1.4", "1"),
        ("m", "1.5", "1.5"),
        ("m", "1.5.2", "1.5"),
        ("any", None, None),
        ("any", "7", None),
    ],
)
def test_the_version_that_is_written_is_listed_as_kserve_compares_it_as_text(
    format_: str, stated: str | None, written: str | None
) -> None:
    found = choose(format_, stated, "v2", None, (LISTED,), False)
    assert isinstance(found, Chosen) and found.version == written


@pytest.mark.parametrize("stated", ["3", "15", "0.1"])
def test_a_version_that_no_listed_one_has_in_it_is_not_served(stated: str) -> None:
    found = choose("m", stated, "v2", None, (LISTED,), False)
    assert isinstance(found, NoRuntime) and found.why == "version"


def test_only_what_exais_steps_wrote_is_served_by_exais_server_of_scikit_learn() -> None:
    found = choose("sklearn", None, "v2", None, (*EXAIS, *SHIPPED), True)
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
    found = choose(format_, version, protocol, asked, (*EXAIS, *SHIPPED), False)
    assert isinstance(found, NoRuntime) and found.why == why and found.others


def test_every_format_that_a_runtime_is_chosen_for_is_one_of_its_own() -> None:
    assert len({runtime.name for runtime in SHIPPED}) == len(SHIPPED) == 15
    for runtime in SHIPPED:
        assert set(runtime.chosen) <= set(runtime.formats)
        assert set(runtime.protocols) <= {"v1", "v2", "grpc-v1", "grpc-v2"}


PROTOCOLS = ("v1", "v2", "grpc-v1", "grpc-v2")
# Every format of every runtime that is shipped, by protocol: the runtime that is written out, as
# `v1 v2 grpc-v1 grpc-v2`, with the version of the format; `-` where it is refused.
LATEST = """
autogluon    autogluonserver:1 autogluonserver:1 - -
huggingface  huggingfaceserver:1 huggingfaceserver:1 - -
lightgbm     lgbserver:4 lgbserver:4 - -
mlflow       - mlserver:2 - -
onnx         - tritonserver:1 - tritonserver:1
openvino     openvino:10 openvino:10 - openvino:10
paddle       paddleserver:2 paddleserver:2 - -
pmml         pmmlserver:4 pmmlserver:4 - -
pytorch      torchserve:1 torchserve:1 - torchserve:1
sklearn      sklearnserver:1 sklearnserver:1 - -
tensorflow   tensorflow-serving:2 tritonserver:2 tensorflow-serving:2 tritonserver:2
tensorrt     - tritonserver:8 - tritonserver:8
triton       - tritonserver:2 - tritonserver:2
vLLM         vllmserver:1 vllmserver:1 vllmserver:1 vllmserver:1
xgboost      xgbserver:2 xgbserver:2 - -
"""
OLDER = {
    "autogluon": "- - - -",
    "openvino": "- - - -",
    "vLLM": "- - - -",
    "lightgbm": "lgbserver:3 lgbserver:3 - -",
    "xgboost": "xgbserver:1 xgbserver:1 - -",
}
TABLE = {line.split()[0]: line.split()[1:] for line in LATEST.strip().splitlines()}


def test_the_table_has_every_format_that_is_shipped() -> None:
    formats = {name for of in RELEASES.values() for each in of.runtimes for name in each.formats}
    assert formats == set(TABLE)


@pytest.mark.parametrize("format_", TABLE)
@pytest.mark.parametrize("platform", [None, *RELEASES])
def test_what_serves_is_never_left_to_chance(platform: str | None, format_: str) -> None:
    row = OLDER.get(format_) if platform == "kubeflow-26.03" else None
    expected = row.split() if row is not None else TABLE[format_]
    known = (*EXAIS, *release(platform).runtimes)
    for protocol, told in zip(PROTOCOLS, expected, strict=True):
        found = choose(format_, None, protocol, None, known, False)
        if told == "-":
            assert isinstance(found, NoRuntime), (protocol, found)
            continue
        name, _, version = told.partition(":")
        assert isinstance(found, Chosen) and found.runtime is not None
        assert (found.name, found.version) == (f"kserve-{name}", version), protocol
        assert found.runtime.offers(protocol) and found.runtime.serves(format_, version)


@pytest.mark.parametrize("platform", RELEASES)
def test_a_version_is_stated_by_one_runtime_of_a_release(platform: str) -> None:
    """Each version that a runtime lists is served, by that one or by one before it."""
    known = (*EXAIS, *release(platform).runtimes)
    for each in release(platform).runtimes:
        for format_ in each.chosen:
            for version in each.formats[format_]:
                for protocol in each.protocols or PROTOCOLS:
                    found = choose(format_, version, protocol, None, known, False)
                    assert isinstance(found, Chosen) and found.version == version
