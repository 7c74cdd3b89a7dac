"""`exai lock`: what the registry of an environment says, as a file that people commit."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.facts import ModelFacts, ModelVersion
from exai_runtime import remote_registry
from exai_runtime.lock_file import write_lock
from exai_runtime.lock_results import Locked, Move
from exai_runtime.locking import lock
from exai_runtime.rendering import render
from exai_runtime.results import Refused, RenderedFiles
from exai_specs.diagnostics import Span
from exai_specs.lock import LockFile

SHOP = Path(__file__).parents[2] / "golden/kubernetes/shop"
DIGEST = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
STORE = "s3://acme-ml/models/flower_model"
CHAMPION = "flower_model@champion"
F1 = MappingProxyType({"accuracy": 0.9})
Registry = Callable[..., None]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHOP, tmp_path / "shop"))


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Says what the registry has: versions 1 to so many, and where champion stands."""

    def has(
        versions: int, champion: int | None, uri: str = STORE, metrics: Mapping[str, float] = F1
    ) -> None:
        made = tuple(
            ModelVersion(
                "flower_model",
                number,
                f"{uri}/{number}",
                DIGEST,
                f"{number}e5",
                metrics=metrics,
            )
            for number in range(1, versions + 1)
        )
        facts = ModelFacts(made, {} if champion is None else {"champion": champion})

        def read(uri: str, at: Span) -> dict[str, ModelFacts]:
            assert (uri, at.path) == ("https://mlflow.example.com", "exai.yaml")
            return {"flower_model": facts}

        monkeypatch.setattr(remote_registry, "read_models_at", read)

    return has


def locked(result: Locked | Refused) -> Locked:
    assert isinstance(result, Locked), result
    return result


def test_what_services_ask_for_is_pinned_and_rendered(shop: Path, registry: Registry) -> None:
    registry(versions=5, champion=4)
    found = locked(lock(shop, "prod", ()))
    assert found.moves == (Move(CHAMPION, None, 4, f"{STORE}/4"),)
    text = (shop / "exai.lock").read_text()
    pin = next(line for line in text.splitlines() if f"{STORE}/4" in line)
    assert pin.strip() == (
        f'{CHAMPION}: {{version: 4, uri: "{STORE}/4", digest: "{DIGEST}", format: h2o-mojo, '
        'runKey: "4e5", metrics: {accuracy: 0.9}}'
    )
    assert "  staging:\n" in text, "what other environments have decided stays"
    result = render(shop, "prod", (), None)
    assert isinstance(result, RenderedFiles)
    assert result.left_out == ()


def test_a_pin_moves_only_where_it_is_named(shop: Path, registry: Registry) -> None:
    registry(versions=5, champion=4)
    locked(lock(shop, "prod", ()))
    before = (shop / "exai.lock").read_text()
    registry(versions=6, champion=6)
    found = locked(lock(shop, "prod", ()))
    assert (found.moves, found.kept) == ((), (CHAMPION,))
    assert (shop / "exai.lock").read_text() == before
    assert locked(lock(shop, "prod", [CHAMPION])).moves == (Move(CHAMPION, 4, 6, f"{STORE}/6"),)
    assert locked(lock(shop, "prod", [f"{CHAMPION}=2"])).moves == (
        Move(CHAMPION, 6, 2, f"{STORE}/2"),
    )
    assert locked(lock(shop, "prod", [f"{CHAMPION}=2"])).moves == ()
    assert sorted(path.name for path in shop.iterdir()) == ["exai.lock", "exai.yaml", "specs"]


def test_what_the_registry_doesnt_have_is_said_and_nothing_is_written(
    shop: Path, registry: Registry
) -> None:
    before = (shop / "exai.lock").read_text()
    registry(versions=2, champion=None)
    found = locked(lock(shop, "prod", ()))
    assert [(each.code, each.severity) for each in found.diagnostics] == [("no-version", "warning")]
    assert (found.moves, found.exit_code) == ((), 0)
    refused = lock(shop, "prod", [f"{CHAMPION}=3"])
    assert isinstance(refused, Refused)
    assert "1, 2" in refused.diagnostics[0].hint
    assert (shop / "exai.lock").read_text() == before


def test_a_version_whose_files_are_on_one_machine_is_refused(
    shop: Path, registry: Registry
) -> None:
    registry(versions=1, champion=1, uri="file:///home/you/models")
    refused = lock(shop, "prod", [CHAMPION])
    assert isinstance(refused, Refused)
    assert [each.code for each in refused.diagnostics] == ["wrong-pin"]
    assert "prod" not in (shop / "exai.lock").read_text()


@pytest.mark.parametrize("uri", ["models", "s3://you:hunter22x@m"])
def test_what_no_lock_takes_is_refused(shop: Path, registry: Registry, uri: str) -> None:
    before = (shop / "exai.lock").read_text()
    registry(versions=1, champion=1, uri=uri)
    refused = lock(shop, "prod", [CHAMPION])
    assert isinstance(refused, Refused)
    assert {each.at.path for each in refused.diagnostics} == {"exai.lock"}
    assert "hunter22x" not in str(refused.diagnostics)
    assert (shop / "exai.lock").read_text() == before


@pytest.mark.parametrize(
    ("environment", "name", "code"),
    [
        ("prud", CHAMPION, "unknown-environment"),
        ("prod", "flower_modl@champion", "unknown-model"),
        ("prod", "flower_model@champoin=1", "unknown-alias"),
        ("prod", "flower_model@1=2", "wrong-pin"),
        ("prod", f"{CHAMPION}=", "bad-pin"),
        ("prod", f"{CHAMPION}=0", "bad-pin"),
        ("prod", f"{CHAMPION}=two", "bad-pin"),
        ("prod", f"{CHAMPION}=²", "bad-pin"),
        ("prod", f"{CHAMPION}={'9' * 5000}", "bad-pin"),
        ("prod", "flower_model@²", "bad-pin"),
        ("prod", f"flower_model@{'9' * 5000}", "bad-pin"),
        ("prod", "flower_model", "bad-pin"),
    ],
)
def test_what_cant_be_pinned_is_refused(
    shop: Path, registry: Registry, environment: str, name: str, code: str
) -> None:
    registry(versions=2, champion=1)
    refused = lock(shop, environment, [name])
    assert isinstance(refused, Refused)
    assert code in {each.code for each in refused.diagnostics}


def test_a_folder_that_cant_be_written_changes_nothing(shop: Path, registry: Registry) -> None:
    registry(versions=2, champion=1)
    (shop / "exai.lock").unlink()
    (shop / "exai.lock").mkdir()
    refused = lock(shop, "prod", [CHAMPION])
    assert isinstance(refused, Refused)
    assert sorted(path.name for path in shop.iterdir()) == ["exai.lock", "exai.yaml", "specs"]


def test_a_metric_that_is_no_number_is_left_out(shop: Path, registry: Registry) -> None:
    told = {"accuracy": 0.9, "auc": float("nan"), "loss": float("inf")}
    registry(versions=1, champion=1, metrics=told)
    assert locked(lock(shop, "prod", [CHAMPION])).moves
    assert "metrics: {accuracy: 0.9}" in (shop / "exai.lock").read_text()
    assert locked(lock(shop, "prod", [CHAMPION])).moves == ()


def test_a_link_in_the_project_is_written_through(shop: Path, registry: Registry) -> None:
    (shop / "locks").mkdir()
    (shop / "exai.lock").rename(shop / "locks/all")
    (shop / "exai.lock").symlink_to("locks/all")
    registry(versions=1, champion=1)
    locked(lock(shop, "prod", [CHAMPION]))
    assert (shop / "exai.lock").is_symlink()
    assert "  prod:\n" in (shop / "locks/all").read_text()
    assert [path.name for path in (shop / "locks").iterdir()] == ["all"]


@pytest.mark.parametrize("target", ["../elsewhere", "exai.lock"])
def test_a_link_that_leads_elsewhere_is_not_written_through(
    shop: Path, registry: Registry, target: str
) -> None:
    (shop / "exai.lock").unlink()
    (shop / "exai.lock").symlink_to(target)
    registry(versions=1, champion=1)
    assert isinstance(lock(shop, "prod", [CHAMPION]), Refused)
    assert (shop / "exai.lock").is_symlink()
    assert not (shop.parent / "elsewhere").exists()
    with pytest.raises(OSError, match="leads out"):
        write_lock(shop, LockFile({}))


def test_an_interrupt_leaves_nothing(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before = (shop / "exai.lock").read_text()
    monkeypatch.setattr(Path, "chmod", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_lock(shop, LockFile({}))
    assert (shop / "exai.lock").read_text() == before
    assert sorted(path.name for path in shop.iterdir()) == ["exai.lock", "exai.yaml", "specs"]
