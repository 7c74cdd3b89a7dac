"""The same specs give the same bytes, wherever they stand and in whatever files."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

import pytest

from exai_compiler.build import Build
from exai_compiler.facts import Facts, Lock
from exai_compiler.maybe import Tree, Unknown
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_runtime import session
from exai_runtime.workspace import component_catalog, load
from exai_specs.frozen import canonical

ROOT = Path(__file__).resolve().parents[3]
CLUSTER = """
    prod:
      target: kubeflow
      namespace: ml-prod
      serving: {mode: Standard}
      tracking: {uri: https://mlflow.example.com}
      data: {root: s3://acme/data}
      models: {store: s3://acme/models}
      images: {train: ghcr.io/acme/train@sha256:TRAIN, serve: ghcr.io/acme/serve@sha256:SERVE}
      connections:
        warehouse: {postgresql: {host: db, database: ml, user: u, password: {secret: s, key: k}}}
""".replace("TRAIN", "a" * 64).replace("SERVE", "b" * 64)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def clone(to: Path) -> Path:
    shutil.copytree(ROOT / "examples/iris", to, ignore=shutil.ignore_patterns(".exai", "data"))
    (to / "data").mkdir()
    with closing(sqlite3.connect(to / "data" / "iris.db")) as database, database:
        columns = "sepal_length, sepal_width, petal_length, petal_width, species"
        database.execute(f"CREATE TABLE demo_iris (flower_id, {columns})")
    return to


def plain(tree: Tree) -> object:
    """A tree with its open leaves as text, for canonical JSON."""
    if isinstance(tree, Unknown):
        return f"{tree.waits_for}: {tree.reason}"
    if isinstance(tree, MappingProxyType | dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, tuple):
        return tuple(plain(value) for value in tree)
    return tree


def bytes_of(build: Build) -> dict[str, bytes]:
    return {str(item.id): canonical(plain(item.body)) for item in build.objects}  # type: ignore[arg-type]


def test_two_clones_render_identical_bytes_before_their_first_run(tmp_path: Path) -> None:
    one, two = clone(tmp_path / "one"), clone(tmp_path / "zwei Ümläute python3")
    builds = [session.plan(root, "local").build for root in (one, two)]
    assert builds[0] is not None
    assert builds[1] is not None
    rendered = bytes_of(builds[0])
    assert rendered == bytes_of(builds[1])
    assert [run.key for run in builds[0].runs] == [run.key for run in builds[1].runs]
    for body in rendered.values():
        assert str(tmp_path).encode() not in body
        assert b"sqlite" not in body, "no address, no path of data"


def test_a_plan_writes_nothing_in_the_project(tmp_path: Path) -> None:
    root = clone(tmp_path / "p")
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    session.plan(root, "local")
    session.status(root, "local")
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_the_ir_for_a_cluster_differs_in_image_lines_only(tmp_path: Path) -> None:
    root = clone(tmp_path / "p")
    with (root / "exai.yaml").open("a") as file:
        file.write(CLUSTER.lstrip("\n"))
    project = load(root).project
    assert project is not None
    irs = []
    for name in ("local", "prod"):
        environment = project.environment(name)
        assert environment is not None, load(root).diagnostics
        found = resolve(project, name, environment, component_catalog(), Lock(), Facts())
        build = render(found)
        (version,) = [o for o in build.objects if o.id.kind == "PipelineVersion"]
        irs.append(version.body["spec"]["pipelineSpec"])  # type: ignore[call-overload,index]
    assert differences(irs[0], irs[1]) == {"image"}


def differences(one: object, two: object, key: str = "") -> set[str]:
    """The keys of the leaves in which two trees differ."""
    if isinstance(one, MappingProxyType | dict) and isinstance(two, MappingProxyType | dict):
        assert one.keys() == two.keys()
        return set().union(*(differences(one[k], two[k], str(k)) for k in one))
    if isinstance(one, tuple) and isinstance(two, tuple):
        assert len(one) == len(two)
        return set().union(*(differences(a, b, key) for a, b in zip(one, two, strict=True)))
    return set() if one == two else {key}
