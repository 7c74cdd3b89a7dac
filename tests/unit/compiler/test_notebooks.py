"""What a Notebook becomes. A folder of `tests/golden/kubeflow` has a project and its objects.

UPDATE_GOLDEN=1 writes the objects anew. Notebooks are held against their CRD, strictly; a claim is
a core object, of which exai writes few fields.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from crd_files import METADATA, validator
from jsonschema import Draft202012Validator

from exai_compiler.backends.kubeflow import NAME, RENDERERS
from exai_compiler.backends.kubeflow.notebook import render_notebook
from exai_compiler.build import Build, Live, Observed, Rendered
from exai_compiler.catalog import Catalog
from exai_compiler.changes import Delete, Replace
from exai_compiler.facts import Facts, Lock
from exai_compiler.parity import notes
from exai_compiler.planning.plan import plan
from exai_compiler.project import Project, link
from exai_compiler.render import objects_of
from exai_compiler.resolve import resolve
from exai_compiler.resolved import Resolved
from exai_specs.documents import read
from exai_specs.effects import Effect
from exai_specs.frozen import Json, thaw
from exai_specs.kinds import ProjectSpec
from exai_specs.parse import Spec, parse

GOLDEN = Path(__file__).parents[2] / "golden/kubeflow"
CASES = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
CLAIM = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "v1"},
        "kind": {"const": "PersistentVolumeClaim"},
        "metadata": METADATA,
        "spec": {
            "type": "object",
            "required": ["accessModes", "resources"],
            "additionalProperties": False,
            "properties": {
                "accessModes": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "enum": [
                            "ReadWriteOnce",
                            "ReadOnlyMany",
                            "ReadWriteMany",
                            "ReadWriteOncePod",
                        ]
                    },
                },
                "resources": {
                    "type": "object",
                    "properties": {
                        "requests": {"type": "object", "required": ["storage"]},
                    },
                },
                "storageClassName": {"type": "string"},
            },
        },
    },
}


def project_of(text: str) -> Project:
    documents, problems = read(text, "exai.yaml")
    assert problems == ()
    specs = [parse(document) for document in documents]
    project = link(spec for spec in specs if isinstance(spec, Spec))
    assert project is not None and len(project.all) == len(specs), specs
    return project


def resolved(project: Project, name: str) -> Resolved:
    environment = project.environment(name)
    assert environment is not None
    return resolve(project, name, environment, Catalog({}), Lock(), Facts())


def rendered(text: str, name: str) -> list[Rendered]:
    where = resolved(project_of(text), name)
    return [item for spec in where.project.specs.values() for item in objects_of(where, spec)]


def environments(folder: Path) -> list[str]:
    root = project_of((folder / "specs/exai.yaml").read_text()).root.body
    assert isinstance(root, ProjectSpec)
    return sorted(root.environments)


def objects(folder: Path, name: str) -> list[Any]:
    text = (folder / "specs/exai.yaml").read_text()
    found = {item.id: thaw(cast(Json, item.body)) for item in rendered(text, name)}
    return [found[key] for key in sorted(found)]


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_objects_are_as_written_and_pass_their_crds(folder: Path) -> None:
    for name in environments(folder):
        made = objects(folder, name)
        found = yaml.safe_dump_all(made, width=100)
        path = folder / f"{name}.yaml"
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.write_text(found)
        assert found == path.read_text()
        for body in made:
            claim = body["kind"] == "PersistentVolumeClaim"
            checker = Draft202012Validator(CLAIM) if claim else validator(body["kind"])
            assert [f"{e.json_path}: {e.message}" for e in checker.iter_errors(body)] == []


def test_the_backend_owns_notebooks() -> None:
    assert NAME == "kubeflow"
    assert list(RENDERERS) == ["Notebook"]
    project = project_of((GOLDEN / "notebooks/specs/exai.yaml").read_text())
    with pytest.raises(TypeError):
        render_notebook(resolved(project, "prod"), project.root)


def test_a_claim_comes_before_its_notebook() -> None:
    text = (GOLDEN / "notebooks/specs/exai.yaml").read_text()
    waves = {str(item.id): item.wave for item in rendered(text, "prod")}
    assert waves["PersistentVolumeClaim/lab-workspace"] < waves["Notebook/lab"]


def test_nothing_is_rendered_where_no_cluster_is_and_a_note_says_so() -> None:
    text = (GOLDEN / "notebooks/specs/exai.yaml").read_text()
    assert rendered(text, "local") == []
    told = [note.message for note in notes(project_of(text), "local")]
    assert [message.partition(":")[0] for message in told] == [
        "Notebook/lab",
        "Notebook/on-shared",
        "Notebook/plain",
    ]


def build(*items: Rendered) -> Build:
    empty: Any = {}
    return Build("prod", items, (), (), (), (), empty)


def live(*items: Rendered) -> Observed:
    return Observed({item.id: Live(item.body, item.origin) for item in items})


def test_a_plan_says_that_files_go_with_their_claim() -> None:
    text = (GOLDEN / "notebooks/specs/exai.yaml").read_text()
    before = rendered(text, "prod")
    gone = {str(p.change.id): p for p in plan(build(), live(*before)).changes}  # type: ignore[union-attr]
    claim = gone["PersistentVolumeClaim/lab-workspace"]
    assert isinstance(claim.change, Delete)
    assert claim.change.why == (
        "Notebook/lab no longer asks for it; the files in it are lost with it"
    )
    assert claim.impact is Effect.BREAKING
    assert "PersistentVolumeClaim/on-shared-workspace" not in gone
    after = rendered(text.replace("storageClass: fast", "storageClass: slow"), "prod")
    (moved,) = plan(build(*after), live(*before)).changes
    assert isinstance(moved.change, Replace)
    assert moved.change.why == (
        "spec.storageClassName can't change in place; the files in it are lost with it"
    )


def test_requests_go_to_the_port_that_is_first() -> None:
    made = {
        (body["kind"], body["metadata"]["name"]): body
        for body in objects(GOLDEN / "notebooks", "prod")
    }
    for name, number in (("lab", 8787), ("on-shared", 8888)):
        pod = made["Notebook", name]["spec"]["template"]["spec"]
        assert pod["containers"][0]["name"] == name
        first = pod["containers"][0]["ports"][0]
        assert (first["name"], first["containerPort"]) == ("notebook-port", number)


def test_a_workspace_in_place_of_shared_memory_is_mounted_alone() -> None:
    text = (GOLDEN / "notebooks/specs/exai.yaml").read_text()
    assert "{name: plain}" in text
    before, _, after = text.partition("{name: plain}\nspec:\n")
    changed = f"{before}{{name: plain}}\nspec:\n  workspace: {{mountPath: /dev/shm}}\n{after}"
    made = {str(item.id): thaw(cast(Json, item.body)) for item in rendered(changed, "prod")}
    body: Any = made["Notebook/plain"]
    (mount,) = body["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert mount == {"mountPath": "/dev/shm", "name": "workspace"}  # noqa: S108 - a path in the container
