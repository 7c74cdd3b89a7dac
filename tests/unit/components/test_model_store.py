"""The model store: written once, whole or not at all."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from object_stores import TOKEN, Bucket, gcs, s3

from exai_components import object_store
from exai_components.evaluate_model.champion import Champion
from exai_components.model_file import (
    MODEL_FILE,
    ModelFile,
    digest_of,
    render_model_file,
    verify,
)
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
    half = store / "m" / ".exai-0123456789abcdef.new"
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
    ("value", "code"), [("", "no-model-store"), ("hdfs://acme/models", "model-store-unsupported")]
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


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An S3 server of this process, with the model store on it."""
    with s3(monkeypatch) as store:
        monkeypatch.setenv("EXAI_MODEL_STORE", "s3://acme-ml/models/")
        yield store


KEY = "acme-ml/models/m/k"


def test_a_model_goes_to_s3_with_its_signature_last(bucket: Bucket, tmp_path: Path) -> None:
    source = trained(tmp_path / "model")
    stored = put(source, "m", "k")
    assert list(bucket.objects) == [f"{KEY}/model.zip", f"{KEY}/{MODEL_FILE}"]
    assert (stored.uri, stored.digest) == (f"s3://{KEY}", digest_of(source))
    assert bucket.objects[f"{KEY}/model.zip"] == b"mojo"
    assert stored.model.files == {"model.zip": hashlib.sha256(b"mojo").hexdigest()}
    assert (stored.folder / MODEL_FILE).read_bytes() == (source / MODEL_FILE).read_bytes()
    bucket.objects.pop(f"{KEY}/model.zip")
    bucket.objects[f"{KEY}/model.zip"] = b"mojo"
    again = put(source, "m", "k")
    assert (again.uri, again.digest) == (stored.uri, stored.digest)
    assert list(bucket.objects)[-1].endswith("model.zip"), "nothing is written twice"


def test_what_an_earlier_attempt_stored_as_objects_stays(
    bucket: Bucket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = put(trained(tmp_path / "first"), "m", "k")
    second = put(trained(tmp_path / "second", b"other"), "m", "k")
    assert second.digest == first.digest
    assert second.model == first.model
    assert bucket.objects[f"{KEY}/model.zip"] == b"mojo"
    assert "earlier attempt" in capsys.readouterr().err


def test_objects_without_a_signature_are_of_a_killed_attempt(
    bucket: Bucket, tmp_path: Path
) -> None:
    bucket.objects[f"{KEY}/model.zip"] = b"mo"
    put(trained(tmp_path / "model"), "m", "k")
    assert bucket.objects[f"{KEY}/model.zip"] == b"mojo"


def test_a_signature_without_its_objects_is_said(bucket: Bucket, tmp_path: Path) -> None:
    put(trained(tmp_path / "model"), "m", "k")
    del bucket.objects[f"{KEY}/model.zip"]
    with pytest.raises(StepFailure) as caught:
        put(tmp_path / "model", "m", "k")
    assert caught.value.outcome.code == "broken-store"


def test_a_champion_is_brought_from_an_object_store(bucket: Bucket, tmp_path: Path) -> None:
    stored = put(trained(tmp_path / "model"), "m", "k")
    champion = Champion("m", 3, stored.uri, stored.digest)
    folder = champion.folder()
    assert verify(folder, stored.digest) == stored.model
    assert champion.folder() == folder, "it is brought once"
    del bucket.objects[f"{KEY}/model.zip"]
    with pytest.raises(StepFailure) as caught:
        Champion("m", 4, stored.uri, stored.digest).folder()
    assert caught.value.outcome.code == "champion-unreadable"


def test_a_model_goes_to_gcs_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAI_MODEL_STORE", "gs://acme-ml/models")
    with gcs(monkeypatch, tmp_path) as store:
        stored = put(trained(tmp_path / "model"), "m", "k")
        assert stored.uri == f"gs://{KEY}"
        assert list(store.objects) == [f"{KEY}/model.zip", f"{KEY}/{MODEL_FILE}"]
        assert store.who >= {f"Bearer {TOKEN}"}
        folder = Champion("m", 5, stored.uri, stored.digest).folder()
        assert verify(folder, stored.digest) == stored.model
        assert (folder / "model.zip").read_bytes() == b"mojo"


@pytest.mark.parametrize(
    ("status", "called", "code", "final"),
    [
        (403, "AccessDenied", "store-denied", True),
        (403, "InvalidAccessKeyId", "store-denied", True),
        (400, "ExpiredToken", "store-denied", True),
        (404, "NoSuchBucket", "no-bucket", True),
        (301, "PermanentRedirect", "store-region", True),
        (503, "SlowDown", "store-unreachable", False),
    ],
)
def test_an_object_store_that_refuses(
    bucket: Bucket, tmp_path: Path, status: int, called: str, code: str, final: bool
) -> None:
    bucket.refuse = (status, called)
    with pytest.raises(StepFailure) as caught:
        put(trained(tmp_path / "model"), "m", "k")
    told = caught.value.outcome
    assert (told.code, told.final) == (code, final)
    assert "acme-ml" in told.message and told.hint
    assert "hunter22" not in told.message + told.hint


def test_gcs_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAI_MODEL_STORE", "gs://acme-ml/models")
    source = trained(tmp_path / "model")
    with gcs(monkeypatch, tmp_path) as store:
        for status, code in ((403, "store-denied"), (401, "store-denied"), (404, "no-bucket")):
            store.refuse = (status, "no")
            with pytest.raises(StepFailure) as caught:
                put(source, "m", "k")
            assert caught.value.outcome.code == code
            assert "hunter22" not in str(caught.value.outcome)


def test_a_store_that_isn_t_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("EXAI_MODEL_STORE", "s3://acme-ml/models")
    source = trained(tmp_path / "model")
    for place in ("http://127.0.0.1:1", "http://nowhere.invalid"):
        monkeypatch.setenv("AWS_ENDPOINT_URL", place)
        with pytest.raises(StepFailure) as caught:
            put(source, "m", "k")
        assert caught.value.outcome.code == "store-unreachable"
        assert "ould not" in caught.value.outcome.message


def test_gcs_without_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAI_MODEL_STORE", "gs://acme-ml/models")
    source = trained(tmp_path / "model")
    with gcs(monkeypatch, tmp_path):
        told = tmp_path / "you.json"
        told.write_text(told.read_text().replace("/token", "/revoked"))
        with pytest.raises(StepFailure) as caught:
            put(source, "m", "k")
    assert caught.value.outcome.code == "store-denied"
    assert "no credentials" in caught.value.outcome.message
    assert "hunter22" not in str(caught.value.outcome)


def test_a_disk_of_this_machine_isn_t_the_store(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.zip"):
        object_store.upload(tmp_path, ("nothing.zip",), "s3://acme-ml/models")
    assert bucket.objects == {}


def test_the_run_s_own_id() -> None:
    uuid = "0f8c2a9e-1111-4222-8333-444455556666"
    other = "ffffffff-0000-4000-8000-000000000000"
    cluster = f"minio://mlpipeline/v2/artifacts/iris-training/{uuid}/evaluate/{other}/metrics"
    assert run_id(cluster) == uuid
    assert run_id("/root/iris-training-2026-11-20-10-00-00/evaluate/metrics") == (
        "iris-training-2026-11-20-10-00-00"
    )
