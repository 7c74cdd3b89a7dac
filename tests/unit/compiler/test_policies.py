"""Policies and comments: how much a warning or a note counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_compiler.catalog import Catalog, catalog
from exai_compiler.checks import check
from exai_compiler.codes import CODES
from exai_compiler.parity import parity
from exai_compiler.policies import rules
from exai_compiler.project import Project, link
from exai_specs.allowances import allowances
from exai_specs.diagnostics import Diagnostic, Span, raised
from exai_specs.documents import read
from exai_specs.parse import Spec, parse

ROOT = Path(__file__).parents[3]
CHECKS = ROOT / "tests/invalid/checks"
HEAD = "apiVersion: exai.dev/v1alpha1\nkind: Project\nmetadata: {name: p}\nspec:\n"
DATASET = """\
---
apiVersion: exai.dev/v1alpha1
kind: Dataset
metadata: {name: flowers}
spec:
  source: {csv: {path: flowers.csv}}
  schema: {flower_id: int64}
"""


def project(text: str) -> Project:
    documents, problems = read(text, "exai.yaml")
    allowed, wrong = allowances(text, "exai.yaml")
    assert (*problems, *wrong) == ()
    specs = [parse(document) for document in documents]
    found = link([spec for spec in specs if isinstance(spec, Spec)], allowed)
    assert found is not None and all(isinstance(spec, Spec) for spec in specs), specs
    return found


@pytest.fixture(scope="module")
def components() -> Catalog:
    folder = ROOT / "components/exai_components"
    return catalog({str(p): p.read_text() for p in sorted(folder.glob("*/component.yaml"))})


@pytest.fixture
def told(components: Catalog) -> object:
    return lambda text: [(d.code, d.severity) for d in check(project(text), components)]


@pytest.mark.parametrize(
    ("policies", "found"),
    [
        ("{}", [("unused-dataset", "warning")]),
        ("{unused-dataset: warning}", [("unused-dataset", "warning")]),
        ("{unused-dataset: error}", [("unused-dataset", "error")]),
        ("{unused-dataset: off}", []),
        ("{unused-dataset: {level: error, except: [Dataset/flowers]}}",
         [("unused-dataset", "warning")]),
        ("{unused-dataset: {level: off, except: [Dataset/flowers]}}",
         [("unused-dataset", "warning")]),
        ("{owner-required: off, unused-dataset: off}", []),
        ("{owner-required: warning, unused-dataset: off}",
         [("owner-required", "warning"), ("owner-required", "warning")]),
        ("{owner-required: {level: error, except: [Project/p]}, unused-dataset: off}",
         [("owner-required", "error")]),
    ],
)  # fmt: skip
def test_a_policy_changes_what_a_rule_counts(
    told: object, policies: str, found: list[object]
) -> None:
    assert callable(told)
    assert told(f"{HEAD}  policies: {policies}\n{DATASET}") == found


@pytest.mark.parametrize(
    ("written", "meant"), [("Datset/roses", None), ("Dataset/flower", "Dataset/flowers")]
)
def test_the_document_that_an_exception_means(
    components: Catalog, written: str, meant: str | None
) -> None:
    policies = f"{{unused-dataset: {{level: error, except: [{written}]}}}}"
    told = check(project(f"{HEAD}  policies: {policies}\n{DATASET}"), components)
    (hint,) = [each.hint for each in told if each.code == "invalid-policy"]
    assert hint.startswith(f'did you mean "{meant}"?' if meant else "write Kind/name")


def test_who_made_it_an_error_is_said(components: Catalog) -> None:
    text = f"{HEAD}  policies: {{unused-dataset: error}}\n{DATASET}"
    (found,) = check(project(text), components)
    assert found.related == (("a policy says so", Span("exai.yaml", 5, 30)),)


def test_image_by_digest_is_for_images_by_tag(components: Catalog) -> None:
    text = (CHECKS / "image-by-tag/exai.yaml").read_text()
    edited = text.replace("spec:\n", "spec:\n  policies: {image-by-digest: error}\n", 1)
    found = {d.severity for d in check(project(edited), components) if d.code == "image-by-tag"}
    assert found == {"error"}


@pytest.mark.parametrize("comment", ["on", "above"])
def test_a_comment_silences_one_line(told: object, comment: str) -> None:
    assert callable(told)
    words = "# exai: allow unused-dataset -- kept for the audit"
    line = "metadata: {name: flowers}"
    new = f"{line}  {words}" if comment == "on" else f"{words}\n{line}"
    second = DATASET.replace("flowers", "roses")
    assert told(HEAD.replace("spec:", "spec: {}") + DATASET.replace(line, new) + second) == [
        ("unused-dataset", "warning")
    ]


def test_a_comment_outdoes_a_policy_but_no_error(told: object) -> None:
    assert callable(told)
    words = "# exai: allow unused-dataset -- kept for the audit"
    text = DATASET.replace("{name: flowers}", f"{{name: flowers}}  {words}")
    assert told(f"{HEAD}  policies: {{unused-dataset: error}}\n{text}") == []
    wrong = text.replace("schema:", "key: [id]  # exai: allow unknown-column -- soon\n  schema:")
    assert told(HEAD.replace("spec:", "spec: {}") + wrong) == [
        ("unknown-column", "error"),
        ("unusable-allow", "error"),
    ]


def test_a_comment_that_silences_nothing_is_a_warning_that_a_policy_may_raise(told: object) -> None:
    assert callable(told)
    text = f"{HEAD}  policies: {{unused-allow: error}}  # exai: allow unused-dataset -- not here\n"
    assert told(text) == [("unused-allow", "error")]


def test_notes_of_an_environment_are_silenced_and_raised_too(components: Catalog) -> None:
    text = (CHECKS / "local-parity/exai.yaml").read_text()
    before = parity(project(text), "local")
    first = before[0]
    lines = text.split("\n")
    lines[first.at.line - 1] += "  # exai: allow local-parity -- we know"
    allowed = project("\n".join(lines))
    after = parity(allowed, "local")
    assert {d.at.line for d in before} - {d.at.line for d in after} == {first.at.line}
    assert [d for d in check(allowed, components) if "allow" in d.code] == []
    raised_ = text.replace("spec:\n", "spec:\n  policies: {local-parity: error}\n", 1)
    assert {d.severity for d in parity(project(raised_), "local")} == {"error"}


def test_every_rule_is_a_warning_or_a_note_by_itself() -> None:
    assert {"owner-required", "image-by-digest", "unused-dataset"} <= set(rules())
    assert all(CODES[rule].severity != "error" for rule in rules() if rule in CODES)


def test_strict_and_codes_of_the_command_line() -> None:
    one = Diagnostic("a", "m", Span("x"), "warning")
    two = Diagnostic("b", "m", Span("x"), "note")

    def severities(strict: bool, *codes: str) -> list[str]:
        return [d.severity for d in raised((one, two), strict, codes)]

    assert severities(False) == ["warning", "note"]
    assert severities(True) == ["error", "note"]
    assert severities(False, "b") == ["warning", "error"]
    assert severities(True, "b") == ["error", "error"]
