"""Checking again: what is looked at, what is kept, and when only a whole check tells."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from exai_compiler import checks
from exai_compiler.project import Project
from exai_runtime import mending, rechecking
from exai_runtime.folder import DiskFolder
from exai_runtime.packs import no_cache
from exai_runtime.rechecking import recheck
from exai_specs.diagnostics import Diagnostic

ROOT = Path(__file__).parents[3]
SETS = 4  # of five files; two sets know each other
RUNTIME = """
apiVersion: exai.dev/v1alpha1
kind: Runtime
metadata: {name: ours}
spec: {formats: {onnx: {version: ["1"]}}, image: ghcr.io/acme/ours:1}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(rechecking, "FEW", 0)
    monkeypatch.syspath_prepend(ROOT / "tests/benchmarks")
    import specs_made

    specs_made.make(tmp_path / "project", SETS * specs_made.KINDS)
    long_ago = 10**18
    for file in (tmp_path / "project").rglob("*.yaml"):
        os.utime(file, ns=(long_ago, long_ago))
    return tmp_path / "project"


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many documents each check of a part was given."""
    counts: list[int] = []
    real = mending.check

    def check(project: Project, catalog: object) -> tuple[Diagnostic, ...]:
        counts.append(len(project.all))
        return real(project, catalog)  # type: ignore[arg-type]

    monkeypatch.setattr(mending, "check", check)
    return counts


def _agrees(project: Path) -> bool:
    again = recheck(project)
    with no_cache():
        whole = recheck(project)
    return (again.diagnostics, dict(again.counts)) == (whole.diagnostics, dict(whole.counts))


def _replace(project: Path, file: str, old: str, new: str) -> None:
    place = next(project.rglob(file))
    text = place.read_text()
    assert old in text
    place.write_text(text.replace(old, new))


def test_only_what_matters_to_a_change_is_checked(project: Path, checked: list[int]) -> None:
    assert recheck(project).diagnostics == ()
    _replace(project, "model_0.yaml", "0.70", "0.71")
    assert _agrees(project)
    assert checked == [15]  # two sets of seven documents, and the Project
    assert _agrees(project)
    assert checked == [15]


def test_an_error_is_told_where_it_is_and_mended(project: Path, checked: list[int]) -> None:
    recheck(project)
    _replace(project, "service_0.yaml", "offer_0@", "offer_9@")
    found = recheck(project).diagnostics
    assert [each.code for each in found] == ["unknown-reference"]
    assert "offer_3" in found[0].hint  # the names of the others are known
    assert _agrees(project)
    _replace(project, "service_0.yaml", "offer_9@", "offer_0@")
    assert recheck(project).diagnostics == ()
    assert set(checked) == {15}


def test_a_document_that_goes_leaves_those_that_name_it(project: Path, checked: list[int]) -> None:
    recheck(project)
    next(project.rglob("dataset_2.yaml")).unlink()
    assert {each.code for each in recheck(project).diagnostics} >= {"unknown-reference"}
    assert _agrees(project)
    assert set(checked) == {14}


def test_strangers_that_meet_are_checked_together(project: Path, checked: list[int]) -> None:
    """A clash has no reference: names and ports are compared."""
    recheck(project)
    for file, port in (("service_0.yaml", 8081), ("service_2.yaml", 8081)):
        _replace(project, file, "  timeout: 30s", f"  timeout: 30s\n  local: {{port: {port}}}")
        codes = {each.code for each in recheck(project).diagnostics}
    assert codes == {"port-clash"}
    assert _agrees(project)
    assert max(checked) == 29


def test_nothing_is_opened_when_nothing_changed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["exai_runtime.last_check"], "_JUST_NOW", -(10**18))
    first = recheck(project)
    monkeypatch.setattr(DiskFolder, "read", None)
    again = recheck(project)
    assert (again.diagnostics, dict(again.counts)) == (first.diagnostics, dict(first.counts))


def test_comments_that_allow_are_judged_where_they_stand(project: Path, checked: list[int]) -> None:
    said = "  # exai: allow unused-view -- for the test\n  task:"
    for number in (0, 2):
        _replace(project, f"model_{number}.yaml", "  task:", said)
    assert [each.code for each in recheck(project).diagnostics] == ["unused-allow"] * 2
    for number in ("0.71", "0.72"):
        text = next(project.rglob("model_0.yaml")).read_text()
        next(project.rglob("model_0.yaml")).write_text(text.replace("min: 0.7", f"min: {number}"))
        assert _agrees(project)
    assert set(checked) == {15}
    # An error anywhere, and nothing is said of comments.
    _replace(project, "service_0.yaml", "offer_0@", "offer_9@")
    assert _agrees(project)


def test_a_hint_knows_datasets_elsewhere(project: Path) -> None:
    recheck(project)
    head = RUNTIME.partition("spec:")[0].replace("Runtime", "Tuning")
    parameters = "{depth: {type: integer, min: 2, max: 9}}"
    given = (
        "{data: events_9, target: a, features: [b], estimator: Ridge, folds: 5,"
        " parameters: {max_depth: '${{ trial.depth }}'}}"
    )
    (project / "specs/tuning.yaml").write_text(
        f"{head}spec:\n  objective: {{metric: f1, type: maximize}}\n  algorithm: {{name: tpe}}\n"
        f"  parameters: {parameters}\n  trial: {{uses: train-sklearn, with: {given}}}\n"
    )
    assert "unknown-reference" in {each.code for each in recheck(project).diagnostics}
    assert _agrees(project)


def test_a_name_is_no_use_of_a_secret(project: Path) -> None:
    """A part can't see what documents elsewhere are called, so that may not matter."""
    secrets = "local: {target: local, secrets: {lake: {env: LAKE_}}}"
    _replace(project, "exai.yaml", "local: {target: local}", secrets)
    head = RUNTIME.partition("spec:")[0].replace("Runtime", "Dataset").replace("ours", "lake")
    body = "spec: {source: {csv: {path: lake.csv}}, schema: {depth: int64}}\n"
    (project / "specs/lake.yaml").write_text(head + body)
    assert _agrees(project)
    _replace(project, "lake.yaml", "name: lake", "name: pond")
    assert _agrees(project)


def test_a_folder_that_is_named_from_the_root_is_checked_whole(project: Path) -> None:
    _replace(project, "exai.yaml", "specs: [specs/]", f"specs: [{project}/specs]")
    recheck(project)
    _replace(project, "model_0.yaml", "0.70", "none")
    assert _agrees(project)


def test_what_others_use_is_no_reason_to_look_at_all(project: Path, checked: list[int]) -> None:
    """A connection that a Dataset elsewhere reads; only with that Dataset nobody knows at once."""
    _replace(
        project,
        "exai.yaml",
        "local: {target: local}",
        "local: {target: local, connections: {db: {sqlite: {path: a.db}}}}",
    )
    _replace(
        project,
        "dataset_2.yaml",
        "source: {parquet: {path: data/team_2/events_2.parquet}}",
        "source: {sql: {connection: db, table: events}}",
    )
    test = "    test:\n      target: local\n      connections: {db: {sqlite: {path: b.db}}}\n"
    prod = "    prod:\n      connections: {db: {sqlite: {path: /mnt/c.db}}}"
    _replace(project, "exai.yaml", "    prod:", test + prod)
    assert [each.code for each in recheck(project).diagnostics] == ["snapshot-missing"]
    _replace(project, "model_0.yaml", "0.70", "0.71")
    assert _agrees(project)
    assert checked == [15]
    _replace(project, "dataset_2.yaml", "connection: db", "connection: other")
    assert _agrees(project)


def _spoil(pack: Path) -> None:
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.write_bytes(data)


def _cut(pack: Path) -> None:
    pack.write_bytes(pack.read_bytes()[:100])


@pytest.mark.parametrize("harm", [_spoil, _cut, Path.unlink])
def test_a_spoilt_pack_is_as_none(
    project: Path, checked: list[int], harm: Callable[[Path], None]
) -> None:
    recheck(project)
    pack = next((project.parent / "cache/checks").iterdir())
    _replace(project, "model_0.yaml", "0.70", "0.71")
    harm(pack)
    assert recheck(project).diagnostics == ()
    assert checked == []


def _lonely(project: Path, number: int) -> None:
    """A dataset that has a warning and a note of two rules."""
    text = next(project.rglob("dataset_2.yaml")).read_text()
    text = text.replace("name: events_2", f"name: lonely_{number}", 1)
    text = text.replace("quality:", 'quality:\n    schedule: {cron: "0 6 * * *"}', 1)
    (project / f"specs/lonely_{number}.yaml").write_text(text)


@pytest.mark.parametrize(("lonely", "parts"), [(3, [15]), (6, [])])
def test_many_warnings_are_kept_where_no_list_of_them_is_cut(
    project: Path,
    checked: list[int],
    monkeypatch: pytest.MonkeyPatch,
    lonely: int,
    parts: list[int],
) -> None:
    most = 5  # of one rule
    for module in (checks, mending):
        monkeypatch.setattr(module, "MAX_IN_FILE", most)
    for number in range(lonely):
        _lonely(project, number)
    codes = [each.code for each in recheck(project).diagnostics]
    assert len(codes) > most and ("more-problems" in codes) is (not parts)
    _replace(project, "model_0.yaml", "0.70", "0.71")
    assert _agrees(project)
    assert checked == parts
    for number in range(lonely, most + 1):  # until a list is cut, which a part can't tell
        _lonely(project, number)
        assert _agrees(project)
    assert "more-problems" in {each.code for each in recheck(project).diagnostics}
    assert _agrees(project)


def test_another_exai_finds_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recheck(project)
    monkeypatch.setattr(rechecking, "reader", lambda: b"of tomorrow")
    recheck(project)
    assert len(list((project.parent / "cache/checks").iterdir())) == 2


def test_without_a_cache_nothing_is_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAI_CACHE_DIR", "")
    recheck(project)
    assert not (project.parent / "cache").exists()


def _other_root(project: Path) -> None:
    _replace(project, "exai.yaml", "ml-prod", "ml-test")


def _runtime(project: Path) -> None:
    (project / "specs/runtime.yaml").write_text(RUNTIME)


def _link(project: Path) -> None:
    (project / "specs/link.yaml").symlink_to(next(project.rglob("model_0.yaml")))


def _unread(project: Path) -> None:
    (project / "specs/more.YAML").write_text(RUNTIME)


def _unread_folder(project: Path) -> None:
    (project / "specs/more").symlink_to(project / "specs")


@pytest.mark.parametrize("change", [_other_root, _runtime, _link, _unread, _unread_folder])
def test_what_may_matter_to_all_is_checked_whole(
    project: Path, checked: list[int], change: Callable[[Path], None]
) -> None:
    recheck(project)
    change(project)
    assert _agrees(project)
    assert checked == []


def test_other_python_is_checked_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(rechecking, "FEW", 0)
    shutil.copytree(ROOT / "examples/own-code", tmp_path / "project")
    project = tmp_path / "project"
    sources = recheck(project).sources
    assert recheck(project).diagnostics == ()
    script = project / next(path for path in sources if path.endswith(".py"))
    script.write_text(script.read_text() + "\n(")
    assert {each.code for each in recheck(project).diagnostics} == {"python-syntax"}
