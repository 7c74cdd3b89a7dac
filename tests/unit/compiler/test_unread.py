"""What is known of a file that can't be read: too much never, nothing rather than too little."""

from __future__ import annotations

import pytest

from exai_compiler.project import link
from exai_compiler.unread import Unread, certain, unread_document, unread_file
from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import read
from exai_specs.parse import parse_all

FRAME = "apiVersion: exai.dev/v1alpha1\n"
PROJECT = FRAME + "kind: Project\nmetadata: {name: p}\nspec: {}\n"
MODEL = FRAME + "kind: Model\nmetadata: {name: m}\nspec: {task: regression}\n"


@pytest.mark.parametrize(
    "kind",
    [
        "kind: Overlay",
        "kind:   Overlay",
        "kind: 'Overlay'",
        '"kind": "Runtime"',
        "kind : Project",
        "kind: Overlai",
    ],
)
def test_of_a_file_with_what_matters_to_all_nobody_can_tell(kind: str) -> None:
    assert unread_file("a.yaml", f"{FRAME}{kind}\nmetadata: {{name: a}}\nspec: {{") is None


def test_of_a_file_that_breaks_off_before_its_kind_nobody_can_tell() -> None:
    text = f"{FRAME}metadata: {{name: a}}\nspec: {{target: Model/m}}\n  {{\nkin"
    assert unread_file("a.yaml", text) is None


@pytest.mark.parametrize(
    "name", ["name: inspector", '"name": "inspector"', "'name':'inspector'", "name : inspector"]
)
def test_a_name_is_known_however_it_is_written(name: str) -> None:
    found = unread_file("a.yaml", f"{FRAME}kind: Model\nmetadata:\n  {name}\nspec: {{")
    assert found is not None
    assert "inspector" in found.names


@pytest.mark.parametrize(
    ("kind", "told"), [("Pipeline", False), ("Tuning", False), ("Service", True)]
)
def test_what_has_no_spec_yet_may_make_any_model(kind: str, told: bool) -> None:
    (project, model), _ = parse_all((*read(PROJECT, "exai.yaml")[0], *read(MODEL, "m.yaml")[0]))
    linked = link([project, model])
    (document,), _ = read(f"{FRAME}kind: {kind}\nmetadata: {{name: t}}\n", "t.yaml")
    unread = unread_document(document, ())
    assert linked is not None and isinstance(unread, Unread)
    problem = Diagnostic("model-without-producer", "no step", model.at("metadata", "name"))
    assert bool(certain([problem], linked, [unread])) is told
