"""`exai lock`: what the registry of an environment says, as a file that people commit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from mlflow_rest import Tracking, tracking

from exai_runtime import editor_schema, lock_file, locking
from exai_runtime.folder import Folder
from exai_runtime.lock_file import ReadLock, alone, write_lock
from exai_runtime.lock_results import Locked, Move
from exai_runtime.locking import lock
from exai_runtime.rendering import render
from exai_runtime.results import Refused, RenderedFiles
from exai_specs.lock import LockFile

SHOP = Path(__file__).parents[2] / "golden/kubernetes/shop"
DIGEST = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
STORE = "s3://acme-ml/models/flower_model"
CHAMPION = "flower_model@champion"
FAR = "https://mlflow.example.com"
F1 = MappingProxyType({"accuracy": 0.9})
Registry = Callable[..., None]


@pytest.fixture(scope="module")
def server() -> Iterator[Tracking]:
    with tracking() as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path, server: Tracking) -> Path:
    """Its `prod` asks a server of this process."""
    folder = Path(shutil.copytree(SHOP, tmp_path / "shop"))
    text = (folder / "exai.yaml").read_text()
    assert text.count(FAR) == 2
    (folder / "exai.yaml").write_text(text.replace(FAR, server.uri, 1))
    server.asked.clear()
    return folder


@pytest.fixture
def registry(server: Tracking) -> Registry:
    """Says what the registry has: versions 1 to so many, and where champion stands."""

    def has(
        versions: int, champion: int | None, uri: str = STORE, metrics: Mapping[str, float] = F1
    ) -> None:
        uris = [f"{uri}/{number}" for number in range(1, versions + 1)]
        aliases = {} if champion is None else {"champion": champion}
        server.has("flower_model", uris, aliases, DIGEST, metrics)

    return has


FILES = """apiVersion: exai.dev/v1alpha1
kind: Model
metadata: {name: scored}
spec:
  task: other
  source: {uri: "s3://acme-ml/scored/1", format: sklearn}
"""
LOCKS = """
import sys
from pathlib import Path

from exai_runtime import editor_schema, lock_file, locking
from exai_runtime.lock_results import Locked

alone = lock_file.alone


def told(root):
    print("about to write", flush=True)
    return alone(root)


locking.alone = told
found = locking.lock(Path(sys.argv[1]), "prod", [sys.argv[2]])
assert isinstance(found, Locked), found
print("Move", *(move.reference for move in found.moves), flush=True)
"""


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
        ("prod", "flower_model@1=2", "bad-pin"),
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
    shop: Path, server: Tracking, environment: str, name: str, code: str
) -> None:
    refused = lock(shop, environment, [name])
    assert isinstance(refused, Refused)
    assert code in {each.code for each in refused.diagnostics}
    assert server.asked == [], "what can't be is said before anybody is asked"


def test_all_that_is_wrong_with_the_words_is_said(shop: Path, server: Tracking) -> None:
    words = ["rose_model@champion", "flower_model", CHAMPION, f"{CHAMPION}=2", "flower_model@3=4"]
    refused = lock(shop, "prod", words)
    assert isinstance(refused, Refused)
    codes = sorted(each.code for each in refused.diagnostics)
    assert codes == ["bad-pin", "bad-pin", "bad-pin", "unknown-model"]
    assert all(each.at.path == "" for each in refused.diagnostics), "no file is at fault"
    assert server.asked == []


@pytest.mark.parametrize(
    ("word", "shown"),
    [("\x1b[31mm@a", r"\x1b[31mm@a"), ("\udcff@a", r"\udcff@a"), ("x" * 200, "x" * 100 + "...")],
)
def test_what_no_terminal_shows_is_quoted_as_an_escape(shop: Path, word: str, shown: str) -> None:
    refused = lock(shop, "prod", [word])
    assert isinstance(refused, Refused)
    assert refused.diagnostics[0].message.startswith(f"`{shown}` is no MODEL@ALIAS")


def test_a_model_of_just_files_has_nothing_to_pin(shop: Path, server: Tracking) -> None:
    (shop / "specs/scored.yaml").write_text(FILES)
    refused = lock(shop, "prod", ["scored@champion"])
    assert isinstance(refused, Refused)
    assert [each.code for each in refused.diagnostics] == ["bad-pin"]
    assert server.asked == []


def test_a_version_that_is_named_twice_over_is_that_version(shop: Path, registry: Registry) -> None:
    registry(versions=3, champion=1)
    for word in ("flower_model@3", "flower_model@3=3"):
        found = locked(lock(shop, "prod", [word]))
        assert [*(move.version for move in found.moves), *found.kept][-1] in (3, "flower_model@3")
    text = (shop / "exai.lock").read_text()
    assert '"flower_model@3": {version: 3' in text or "flower_model@3: {version: 3" in text


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (401, "HTTP status 401"),
        (403, "PERMISSION_DENIED"),
        (404, "HTTP status 404"),
        (500, "HTTP status 500"),
        ("<html>log in</html>", "no tracking server"),
        ("page", "same page"),
        ("cut", "broken"),
    ],
)
def test_a_registry_that_refuses_leaves_the_file(
    shop: Path, server: Tracking, monkeypatch: pytest.MonkeyPatch, fault: int | str, said: str
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = (shop / "exai.lock").read_text()
    monkeypatch.setattr(server, "fault", fault)
    refused = lock(shop, "prod", [CHAMPION])
    assert isinstance(refused, Refused)
    [problem] = refused.diagnostics
    assert (problem.code, problem.at.path) == ("registry-unreachable", "exai.yaml")
    assert said in problem.message
    assert ("MLFLOW_TRACKING_TOKEN" in problem.hint) == (fault in (401, 403))
    assert (shop / "exai.lock").read_text() == before


def test_pages_are_read_to_the_last(
    shop: Path, server: Tracking, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "page", 2)
    registry(versions=5, champion=1)
    assert locked(lock(shop, "prod", [f"{CHAMPION}=1"])).moves[0].version == 1
    assert len(server.asked) == 4


def test_two_at_once_keep_both_pins(shop: Path, registry: Registry) -> None:
    """Two processes, which both have read the file before either writes it."""
    registry(versions=3, champion=3)
    names = ("flower_model@1", "flower_model@2")
    with alone(shop):
        both = [
            subprocess.Popen(
                [sys.executable, "-c", LOCKS, str(shop), name],
                stdout=subprocess.PIPE,
                text=True,
            )
            for name in names
        ]
        for each in both:
            assert each.stdout is not None
            assert each.stdout.readline() == "about to write\n"
    for each, name in zip(both, names, strict=True):
        assert each.stdout is not None
        assert each.stdout.readline() == f"Move {name}\n"
        assert each.wait() == 0
        each.stdout.close()
    text = (shop / "exai.lock").read_text()
    assert all(f"flower_model@{number}: " in text for number in (1, 2))
    assert "  staging:\n" in text


def test_what_is_pinned_meanwhile_stays_unless_it_is_named(
    shop: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another `exai lock` comes to its end while this one asks the registry."""
    registry(versions=3, champion=3)
    read = locking.read_lock

    def late(folder: Folder) -> ReadLock:
        monkeypatch.setattr(locking, "read_lock", read)
        text = (shop / "exai.lock").read_text()
        line = f"      {CHAMPION}: {{version: 2, uri: {STORE}/2, digest: {DIGEST}}}\n"
        (shop / "exai.lock").write_text(
            text.replace("  staging:", f"  prod:\n    models:\n{line}  staging:")
        )
        return read(folder)

    monkeypatch.setattr(locking, "read_lock", late)
    found = locked(lock(shop, "prod", ()))
    assert (found.moves, found.kept) == ((), (CHAMPION,))
    assert locked(lock(shop, "prod", [CHAMPION])).moves == (Move(CHAMPION, 2, 3, f"{STORE}/3"),)


def test_one_that_doesn_t_end_is_told(
    shop: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry(versions=1, champion=1)
    monkeypatch.setattr(lock_file, "_TRIES", 1)
    with alone(shop):
        refused = lock(shop, "prod", [CHAMPION])
    assert isinstance(refused, Refused)
    assert [each.code for each in refused.diagnostics] == ["no-access"]
    assert "prod" not in (shop / "exai.lock").read_text()


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


def test_it_points_at_the_schema_that_the_project_has(shop: Path, registry: Registry) -> None:
    registry(versions=2, champion=1)
    locked(lock(shop, "prod", [CHAMPION]))
    assert not (shop / "exai.lock").read_text().startswith("# yaml-language-server")
    editor_schema.write(shop)
    locked(lock(shop, "prod", [f"{CHAMPION}=2"]))
    first, *rest = (shop / "exai.lock").read_text().splitlines()
    assert first == "# yaml-language-server: $schema=exai.schema.json"
    assert not rest[0].startswith("# yaml-language-server")


def test_an_interrupt_leaves_nothing(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before = (shop / "exai.lock").read_text()
    monkeypatch.setattr(os, "fchmod", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_lock(shop, LockFile({}))
    assert (shop / "exai.lock").read_text() == before
    assert sorted(path.name for path in shop.iterdir()) == ["exai.lock", "exai.yaml", "specs"]


@pytest.mark.parametrize("format_", ["onnx", "skleran"])
def test_a_pin_of_a_format_that_no_step_writes_is_an_error(shop: Path, format_: str) -> None:
    file = shop / "exai.lock"
    file.write_text(file.read_text().replace("format: h2o-mojo", f"format: {format_}"))
    refused = render(shop, "staging", (), None)
    assert isinstance(refused, Refused)
    errors = [each for each in refused.diagnostics if each.severity == "error"]
    assert [(each.code, each.at.path) for each in errors] == [("wrong-pin", "exai.lock")]
