"""KFP's numbers, and the model signature."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from exai_components.model_file import (
    MODEL_FILE,
    BadModel,
    ModelColumn,
    ModelFile,
    digest_of,
    read_model_file,
    render_model_file,
    verify,
)
from exai_components.outcome import StepFailure
from exai_components.structs import typed_parameters, whole_numbers

TYPES = {"ntrees": "integer", "learn_rate": "double", "balance": "boolean", "name": "string"}


def test_whole_doubles_become_integers_at_any_depth() -> None:
    told = {"a": 1.0, "b": [2.0, 2.5, "3.0"], "c": {"d": True, "e": None}}
    found = whole_numbers(told)
    assert found == {"a": 1, "b": [2, 2.5, "3.0"], "c": {"d": True, "e": None}}
    assert isinstance(found["a"], int)
    assert found["c"]["d"] is True


def test_parameters_take_their_declared_types() -> None:
    told = {"ntrees": "20.0", "learn_rate": 1.0, "balance": "True", "name": "x"}
    found = typed_parameters(told, TYPES, "train")
    assert found == {"balance": True, "learn_rate": 1.0, "name": "x", "ntrees": 20}
    assert isinstance(found["ntrees"], int)
    assert isinstance(found["learn_rate"], float)
    assert list(found) == sorted(found)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"ntree": 1}, "unknown-parameter"),
        ({"ntrees": 1.5}, "ill-typed-parameter"),
        ({"ntrees": True}, "ill-typed-parameter"),
        ({"learn_rate": "fast"}, "ill-typed-parameter"),
        ({"balance": "perhaps"}, "ill-typed-parameter"),
        ({"name": 3}, "ill-typed-parameter"),
    ],
)
def test_parameters_that_do_not_fit(told: dict[str, object], code: str) -> None:
    with pytest.raises(StepFailure) as caught:
        typed_parameters(told, TYPES, "train")
    assert caught.value.outcome.code == code
    assert caught.value.outcome.final


def stored_model(folder: Path) -> ModelFile:
    (folder / "model.zip").write_bytes(b"mojo")
    model = ModelFile(
        task="classification",
        target="species",
        columns=(ModelColumn("größe", "float64"), ModelColumn("kind", "string", ("a", "b"), False)),
        files={"model.zip": hashlib.sha256(b"mojo").hexdigest()},
        classes=("x", "y"),
        algorithm="gbm",
        parameters={"ntrees": 20, "seed": 42},
        trained_rows=120,
    )
    (folder / MODEL_FILE).write_bytes(render_model_file(model))
    return model


def test_a_signature_survives_the_file(tmp_path: Path) -> None:
    model = stored_model(tmp_path)
    assert read_model_file(tmp_path) == model
    assert verify(tmp_path, digest_of(tmp_path)) == model
    data = (tmp_path / MODEL_FILE).read_bytes()
    assert digest_of(tmp_path) == hashlib.sha256(data).hexdigest()
    assert data.startswith(b'{"algorithm":"gbm","classes":["x","y"],"columns":')
    assert data.endswith(b"}\n")
    assert "größe".encode() in data


def test_changed_files_are_refused(tmp_path: Path) -> None:
    stored_model(tmp_path)
    digest = digest_of(tmp_path)
    (tmp_path / "model.zip").write_bytes(b"other")
    with pytest.raises(BadModel, match=r"model\.zip has the digest"):
        verify(tmp_path, digest)
    with pytest.raises(BadModel, match=r"exai-model\.json has the digest"):
        verify(tmp_path, "0" * 64)
    (tmp_path / "model.zip").unlink()
    with pytest.raises(BadModel, match="can't be read"):
        verify(tmp_path, digest)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"format":"h2o-mojo","formatVersion":"3"}',
        b'{"format":"onnx","formatVersion":"1"}',
    ],
)
def test_broken_signatures_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MODEL_FILE).write_bytes(content)
    with pytest.raises(BadModel):
        read_model_file(tmp_path)


@pytest.mark.parametrize("name", ["../model.zip", "/etc/passwd", "a/b", "..", ""])
def test_files_outside_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    model = replace(stored_model(tmp_path), files={name: "0" * 64})
    (tmp_path / MODEL_FILE).write_bytes(render_model_file(model))
    with pytest.raises(BadModel, match="leaves the folder"):
        read_model_file(tmp_path)
