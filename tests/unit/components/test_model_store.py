"""The model store: written once, whole or not at all."""

import hashlib
from pathlib import Path

import pytest

from exai_components.model_file import MODEL_FILE, ModelFile, digest_of, render_model_file
from exai_components.outcome import StepFailure
from exai_components.register_model.component import run_id
from exai_components.register_model.store import put


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXAI_MODEL_STORE", str(tmp_path / "ein Lager"))
    return tmp_path / "ein Lager"


def trained(folder: Path, mojo: bytes = b"mojo") -> Path:
    folder.mkdir()
    (folder / "model.zip").write_bytes(mojo)
    model = ModelFile(
        task="regression",
        target="y",
        columns=(),
        files={"model.zip": hashlib.sha256(mojo).hexdigest()},
    )
    (folder / MODEL_FILE).write_bytes(render_model_file(model))
    return folder


def test_a_model_is_copied_once(store: Path, tmp_path: Path) -> None:
    source = trained(tmp_path / "model")
    stored = put(source, "m", "k")
    assert stored.uri == (store / "m" / "k").as_uri()
    assert stored.digest == digest_of(source)
    assert sorted(path.name for path in (store / "m" / "k").iterdir()) == [MODEL_FILE, "model.zip"]
    assert put(source, "m", "k") == stored
    assert [path.name for path in (store / "m").iterdir()] == ["k"]


def test_an_earlier_attempt_stays(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = put(trained(tmp_path / "first"), "m", "k")
    second = put(trained(tmp_path / "second", b"other"), "m", "k")
    assert second == first
    assert (store / "m" / "k" / "model.zip").read_bytes() == b"mojo"
    assert "earlier attempt" in capsys.readouterr().err


def test_half_a_copy_of_a_killed_attempt_is_cleared(store: Path, tmp_path: Path) -> None:
    half = store / "m" / ".k.12345.new"
    half.mkdir(parents=True)
    (half / "model.zip").write_bytes(b"mo")
    put(trained(tmp_path / "model"), "m", "k")
    assert [path.name for path in (store / "m").iterdir()] == ["k"]


def test_a_broken_store_is_said(store: Path, tmp_path: Path) -> None:
    put(trained(tmp_path / "model"), "m", "k")
    (store / "m" / "k" / "model.zip").write_bytes(b"rot")
    with pytest.raises(StepFailure) as caught:
        put(tmp_path / "model", "m", "k")
    assert caught.value.outcome.code == "broken-store"


@pytest.mark.parametrize(("model", "key"), [("../m", "k"), ("m", ".."), ("m", "a/b"), ("m", "")])
def test_names_that_are_no_folders(store: Path, tmp_path: Path, model: str, key: str) -> None:
    with pytest.raises(StepFailure) as caught:
        put(trained(tmp_path / "model"), model, key)
    assert caught.value.outcome.code == "unsafe-name"
    assert not store.exists()


@pytest.mark.parametrize(
    ("value", "code"), [("", "no-model-store"), ("s3://acme/models", "model-store-unsupported")]
)
def test_stores_that_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, code: str
) -> None:
    monkeypatch.setenv("EXAI_MODEL_STORE", value)
    with pytest.raises(StepFailure) as caught:
        put(trained(tmp_path / "model"), "m", "k")
    assert caught.value.outcome.code == code


def test_a_store_may_be_a_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAI_MODEL_STORE", (tmp_path / "grün").as_uri())
    assert put(trained(tmp_path / "model"), "m", "k").folder == tmp_path / "grün" / "m" / "k"
    assert [path.name for path in (tmp_path / "grün").iterdir()] == ["m"]


def test_the_run_s_own_id() -> None:
    uuid = "0f8c2a9e-1111-4222-8333-444455556666"
    other = "ffffffff-0000-4000-8000-000000000000"
    cluster = f"minio://mlpipeline/v2/artifacts/iris-training/{uuid}/evaluate/{other}/metrics"
    assert run_id(cluster) == uuid
    assert run_id("/root/iris-training-2026-11-20-10-00-00/evaluate/metrics") == (
        "iris-training-2026-11-20-10-00-00"
    )
