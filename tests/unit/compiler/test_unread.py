"""What is known of a file that can't be read: too much never, nothing rather than too little."""

from __future__ import annotations

import pytest

from exai_compiler import certainty
from exai_compiler.certainty import certain
from exai_compiler.project import link
from exai_compiler.unread import Unread, unread_document, unread_text
from exai_specs.diagnostics import MAX_PROBLEMS, Diagnostic, Span
from exai_specs.documents import read
from exai_specs.parse import parse_all

FRAME = "apiVersion: exai.dev/v1alpha1\n"
PROJECT = FRAME + "kind: Project\nmetadata: {name: p}\nspec: {}\n"
MODEL = FRAME + "kind: Model\nmetadata: {name: m}\nspec: {task: regression}\n"


@pytest.mark.parametrize(
    ("kind", "maybe"),
    [
        ("kind: Project", set()),  # there is another
        ("kind:   Project", set()),
        ('"kind": "Runtime"', {"Runtime"}),
        ("kind : Runtime", {"Runtime"}),
        ("kind: Overlai", {"Overlay"}),
        ("kind: Overlay\nkind: Model", {"Overlay"}),
    ],
)
def test_what_may_matter_to_all_is_known(kind: str, maybe: set[str]) -> None:
    text = f"{FRAME}{kind}\nmetadata: {{name: a}}\nspec: {{"
    (found,) = unread_text("a.yaml", text)
    assert found.maybe == maybe
    assert not found.nameless and "a" in found.names


@pytest.mark.parametrize(
    "version", ["null", "~", "", "[exai.dev/v1alpha1]", "*version", "1", "exai.dev/v2"]
)
def test_a_version_that_is_none_makes_a_document_nobody_elses(version: str) -> None:
    text = f"apiVersion: {version}\nkind: Model\nmetadata: {{name: a}}\nspec: {{"
    (found,) = unread_text("a.yaml", text)
    assert found.kind == "Model"
    (found,) = unread_text("a.yaml", text.replace(f": {version}", ": apps/v1", 1))
    assert found.kind == "Manifest"


def test_a_file_that_breaks_off_before_its_kind_may_be_anything() -> None:
    text = f"{FRAME}metadata: {{name: a}}\nspec: {{target: Model/m}}\n  {{\nkin"
    (found,) = unread_text("a.yaml", text)
    assert (found.kind, found.maybe) == (None, {"Overlay", "Runtime"})
    (found,) = unread_text("a.yaml", f"{FRAME}kind: Model\nmeta")
    assert (found.kind, found.nameless) == (None, True)


@pytest.mark.parametrize(
    "name", ["name: inspector", '"name": "inspector"', "'name':'inspector'", "name : inspector"]
)
def test_a_name_is_known_however_it_is_written(name: str) -> None:
    text = f"{FRAME}kind: Model\nmetadata:\n  {name}\nspec: {{"
    (found,) = unread_text("a.yaml", text)
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


def test_the_parts_of_a_text_are_known_one_by_one() -> None:
    service = FRAME + "kind: Service\nmetadata: {name: s}\nspec: {model: m\n"
    overlay = FRAME + "kind: Overlay\nmetadata: {name: o}\nspec: {environment: prod, patch: {\n"
    text = f"# a\n---\n---\n{MODEL}---\n{service}--- # b\n{overlay}---\nnull\n...\n"
    documents, _ = read(text, "a.yaml")
    found = list(unread_text("a.yaml", text, documents))
    assert [each and (each.kind, each.environment) for each in found] == [
        ("Service", ""),
        ("Overlay", "prod"),
    ]
    assert [each and "s" in each.names for each in found] == [True, False]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("spec: {source: {csv: {path: a.csv}}, schema: {}}", "Dataset"),
        ("kind: {}\nspec: {key: a, type: int64}", "Entity"),
        ("kind: Stuff\nspec: {steps: {}}", "Pipeline"),
        ("spec: {steps: {}, zzz: 1}", None),  # as any kind
        ("apiVersion: apps/v1\nkind: Deployment\nspec: {}", "Manifest"),
    ],
)
def test_what_a_document_has_tells_which_kind_it_is(text: str, kind: str | None) -> None:
    (document,), _ = read(f"{text}\nmetadata: {{name: a}}\n", "a.yaml")
    unread = unread_document(document, ())
    assert unread is not None
    assert (unread.kind, unread.names) == (kind, {"a"})


@pytest.mark.parametrize("spec", ["", "spec: {}", "spec: {container: {image: a}}", "spec: {z: 1}"])
def test_what_may_be_of_a_kind_that_matters_to_all_is_as_such(spec: str) -> None:
    (document,), _ = read(f"metadata: {{name: a}}\n{spec}\n", "a.yaml")
    assert unread_document(document, ()).may_be("Runtime")


def test_what_is_no_document_hides_nothing() -> None:
    (document,), _ = read("a: 1\nmodel: m\n", "a.yaml")
    unread = unread_document(document, ())
    assert unread is not None
    assert not unread.names | unread.words


@pytest.mark.parametrize(
    ("text", "hides"),
    [
        ("todo: [a, b\n", False),
        ("# To do\n\ntodo:\n  - a\n\t- b\nname: 'x\n", False),
        ("todo: [a\nspce: {x: 1}\n", True),
        ("todo: [a\nkind Model\n", True),
        ("todo: [exai.dev/v1alpha1\n", True),
        ("{todo: [a, b\n", True),
        ("  steps: {load: [a\n", True),
        ("Kind: [a\n", True),
        ("- todo: [a\n", True),
    ],
)
def test_a_text_without_a_sign_of_a_document_hides_nothing(text: str, hides: bool) -> None:
    (found,) = unread_text("a.yaml", text)
    assert bool(found.names | found.words | found.maybe or found.kind is None) is hides


@pytest.mark.parametrize(("kind", "told"), [("Service", False), ("Dataset", True)])
def test_what_a_runtime_may_serve_waits_for_it(kind: str, told: bool) -> None:
    service = FRAME + "kind: Service\nmetadata: {name: s}\nspec: {model: m}\n"
    dataset = FRAME + "kind: Dataset\nmetadata: {name: d}\n"
    dataset += "spec: {source: {csv: {path: a.csv}}, schema: {a: int64}}\n"
    texts = {"exai.yaml": PROJECT, "d.yaml": dataset, "s.yaml": service}
    specs, _ = parse_all([read(text, path)[0][0] for path, text in texts.items()])
    linked = link(specs)
    (document,), _ = read(f"{FRAME}kind: Runtime\nmetadata: {{name: r}}\nspce: {{}}\n", "r.yaml")
    unread = unread_document(document, ())
    assert linked is not None and isinstance(unread, Unread)
    at = next(spec for spec in specs if spec.ref.kind == kind).at()
    assert bool(certain([Diagnostic("invalid-value", "no", at)], linked, [unread])) is told


def test_of_thousands_of_unknown_names_the_first_are_looked_at() -> None:
    """Each of them takes a look at all that can't be read."""
    at = Span("a.yaml", 1, 1)
    message = "there is no Dataset `flowrs`"
    told = [Diagnostic("unknown-reference", message, at) for _ in range(MAX_PROBLEMS + 2)]
    unread = [Unread("b.yaml", frozenset({"flowers"}), frozenset(), "Dataset", name="Flowers")]
    hints = [each.hint for each in certainty._as_meant(told, unread)]
    meant = 'did you mean "Flowers"? that document has an error, too'
    assert hints == [meant] * MAX_PROBLEMS + ["", ""]
    other = [Diagnostic("unknown-reference", "there is no Model `flowrs`", at)]
    assert list(certainty._as_meant(other, unread)) == other
