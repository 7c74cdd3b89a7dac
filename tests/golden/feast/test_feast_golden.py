"""The Feast backend's specification: a folder's project is rendered as the files beside it.

A folder for each environment, and `training.yaml`: what a training step gets of each service.
`UPDATE_GOLDEN=1 pytest tests/golden/feast` writes them anew; review the difference as code.
"""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from exai_compiler.backends.feast import RENDERERS
from exai_compiler.catalog import Catalog
from exai_compiler.facts import Facts, Lock
from exai_compiler.features import files_of, secret_variables, subset
from exai_compiler.project import Project, link
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_specs.effects import Effect
from exai_specs.frozen import freeze, thaw
from exai_specs.kinds import Environment, FeatureServiceSpec

HERE = Path(__file__).parent
CASES = sorted(path.parent.parent.name for path in HERE.glob("*/specs/exai.yaml"))
ENVIRONMENTS = ("local", "prod", "staging")

Open = Callable[[str], tuple[Project, Catalog]]
SpecOf = Callable[[str, str], Mapping[str, Any]]


@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.parametrize("case", CASES)
def test_a_project_becomes_a_repository(case: str, name: str, specs: SpecOf) -> None:
    files = files_of(specs(case, name))
    folder = HERE / case / name
    if os.environ.get("UPDATE_GOLDEN"):
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    there = {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert dict(files) == there


@pytest.mark.parametrize("case", CASES)
def test_training_gets_its_part_of_it(case: str, opened: Open) -> None:
    project, catalog = opened(case)
    found = [
        subset(project, catalog, spec.ref.name) for spec, _ in project.bodies(FeatureServiceSpec)
    ]
    text = yaml.safe_dump_all([thaw(freeze(each)) for each in found], sort_keys=False, width=100)
    golden = HERE / case / "training.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("case", CASES)
def test_only_sources_and_stores_are_an_environment_s(case: str, specs: SpecOf) -> None:
    repositories = [files_of(specs(case, name)) for name in ENVIRONMENTS]
    for path in {"exai_sources.py", "feature_store.yaml"}.symmetric_difference(repositories[0]):
        assert len({files[path] for files in repositories}) == 1, path
    assert repositories[0]["exai_sources.py"] != repositories[1]["exai_sources.py"]


def test_no_secret_is_rendered_but_its_variable(opened: Open, specs: SpecOf) -> None:
    project, _ = opened("flowers")
    environment = project.environment("prod")
    assert environment is not None
    variables = secret_variables(environment)
    assert {name: (ref.secret, ref.key) for name, ref in variables.items()} == {
        "EXAI_FEATURES_REGISTRY_PATH": ("feast", "registry"),
        "EXAI_FEATURES_ONLINE_STORE_CONNECTION_STRING": ("feast", "redis"),
        "EXAI_FEATURES_OFFLINE_STORE_PASSWORD": ("db", "password"),
    }
    text = files_of(specs("flowers", "prod"))["feature_store.yaml"]
    assert all(f"'${{{name}}}'" in text for name in variables)


def test_a_training_step_isn_t_told_what_only_people_read(opened: Open) -> None:
    project, catalog = opened("flowers")
    definitions = str(subset(project, catalog, "flower_features")["repository"])
    for text in ("garden", "What a petal is like", "data-team", "For the model", "measured_now"):
        assert text not in definitions
    other = subset(project, catalog, "words")
    assert other["sources"] == {}
    assert set(other["repository"]) == {  # type: ignore[arg-type]
        ".feastignore",
        "definitions.py",
        "transforms/__init__.py",
        "transforms/greeting_view.py",
    }


def test_the_users_file_is_copied_as_it_is(specs: SpecOf) -> None:
    files = files_of(specs("flowers", "local"))
    own = (HERE / "flowers/specs/ratios.py").read_text()
    assert files["transforms/ratios_view.py"] == own
    assert all(ast.parse(text) for path, text in files.items() if path.endswith(".py"))


def test_it_is_one_object_of_the_project(opened: Open, specs: SpecOf) -> None:
    project, catalog = opened("flowers")
    local = project.environment("local")
    assert local is not None
    where = resolve(project, "local", local, catalog, Lock(), Facts())
    (item,) = RENDERERS["Project"](where, project.root)
    assert str(item.origin) == "Project/flower-shop"
    assert (item.id.api, str(item.id)) == ("feast.dev/v1", "FeatureRepository/flower_shop")
    assert (item.wave, item.effect) == (1, Effect.MATERIALIZE)
    assert isinstance(item.body, Mapping)
    assert item.body["metadata"] == {
        "name": "flower_shop",
        "labels": {"app.kubernetes.io/managed-by": "exai"},
    }
    assert thaw(item.body["spec"]) == thaw(freeze(specs("flowers", "local")))  # type: ignore[arg-type]
    assert [each for each in render(where).objects if each.id == item.id]


def test_a_project_without_views_has_none(opened: Open) -> None:
    project, catalog = opened("flowers")
    root = link([project.root])
    assert root is not None
    where = resolve(root, "local", Environment(target="local"), catalog, Lock(), Facts())
    assert RENDERERS["Project"](where, root.root) == ()
    (view,) = (s for s in project.specs.values() if str(s.ref) == "FeatureView/ratios")
    assert RENDERERS["Project"](where, view) == ()
