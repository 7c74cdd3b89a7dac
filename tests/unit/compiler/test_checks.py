"""Every code of the checks has a project that yields it, and exactly the text that it yields.

A folder of `tests/invalid/checks` is a project; `expected` is what the checks say of it.
UPDATE_GOLDEN=1 writes it anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from exai_compiler.catalog import Catalog, catalog
from exai_compiler.checks import CHECKS, OF_OBJECTS, check
from exai_compiler.codes import CODES
from exai_compiler.environments import environments
from exai_compiler.everywhere import check_everywhere
from exai_compiler.facts import Facts, FeaturesUsed, Lock, ModelFacts, ModelVersion
from exai_compiler.parity import parity
from exai_compiler.project import Project, link, local
from exai_compiler.resolve import resolve
from exai_compiler.trained_features import changed_features
from exai_specs import codes as parse_codes
from exai_specs.allowances import Allowance, allowances
from exai_specs.diagnostics import Diagnostic, has_errors
from exai_specs.documents import read
from exai_specs.lock import LockFile
from exai_specs.lock_reading import parse_lock
from exai_specs.parse import Spec, parse

ROOT = Path(__file__).parents[3]
INVALID = ROOT / "tests/invalid/checks"
FOLDERS = sorted(path for path in INVALID.iterdir() if path.is_dir())
# Codes of parity notes: of one environment, apart from the checks.
NOTES = ("copied-file", "data-not-watched", "local-parity")
# The code of what only a version of a model can tell.
FACTS = "features-changed"
SECTION_0 = ROOT / "tests/language_section_0.yaml"


def project_of(texts: dict[str, str]) -> Project:
    """The project of these files, by path; anything that doesn't parse fails the test."""
    specs: list[Spec] = []
    allowed: list[Allowance] = []
    for path, text in texts.items():
        documents, problems = read(text, path)
        found, wrong = allowances(text, path)
        assert (*problems, *wrong) == ()
        allowed += found
        for document in documents:
            spec = parse(document)
            assert isinstance(spec, Spec), spec
            specs.append(spec)
    project = link(specs, allowed)
    assert project is not None
    return project


@pytest.fixture(scope="module")
def components() -> Catalog:
    folder = ROOT / "components/exai_components"
    return catalog({str(p): p.read_text() for p in sorted(folder.glob("*/component.yaml"))})


def printed(diagnostics: Iterable[Diagnostic]) -> str:
    """Diagnostics as text: what, where, what next, and the related places."""
    lines: list[str] = []
    for problem in diagnostics:
        lines.append(f"{problem.at}: {problem.severity}: {problem.code}: {problem.message}")
        if problem.hint:
            lines.append(f"  hint: {problem.hint}")
        lines += [f"  {at}: {words}" for words, at in problem.related]
    return "\n".join(lines) + "\n" if lines else ""


def diagnostics_of(folder: Path, components: Catalog) -> tuple[Diagnostic, ...]:
    files = {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*.yaml"))}
    own = {path: text for path, text in files.items() if path.endswith("component.yaml")}
    texts = {path: text for path, text in files.items() if path not in own}
    project = locked(project_of(texts), folder / "exai.lock")
    python = {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*.py"))}
    books = {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*.ipynb"))}
    modules = frozenset(Path(path).stem for path in python)
    components = replace(components, files={**python, **books, **own}, modules=modules)
    if folder.name == FACTS:
        return changed(project, components)
    if folder.name in NOTES:
        return parity(project, "local")
    there = environments(project)
    return (*there.problems, *check_everywhere(project, there.projects, components))


def locked(project: Project, file: Path) -> Project:
    """With its `exai.lock`, if it has one."""
    if not file.exists():
        return project
    documents, problems = read(file.read_text(), file.name)
    lock = parse_lock(documents)
    assert problems == ()
    assert isinstance(lock, LockFile)
    return replace(project, lock=lock)


def changed(project: Project, components: Catalog) -> tuple[Diagnostic, ...]:
    """What a version tells that was trained when `petals` meant something else."""
    used = FeaturesUsed("flower_features", {"petals": "then"}, {"petal_length": "petals:size"})
    version = ModelVersion("flower_model", 3, "file:///m", "d", "key", features=used)
    facts = Facts(models={"flower_model": ModelFacts((version,), {"champion": 3})})
    return changed_features(resolve(project, "local", local(), components, Lock(), facts))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_code_is_yielded_as_written(folder: Path, components: Catalog) -> None:
    found = diagnostics_of(folder, components)
    expected = folder / "expected"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        expected.write_text(printed(found))
    assert printed(found) == expected.read_text()
    assert folder.name in {problem.code for problem in found}


def test_every_code_has_a_failing_project() -> None:
    assert {folder.name for folder in FOLDERS} == set(CODES)


def test_only_known_codes_are_yielded(components: Catalog) -> None:
    found = {problem.code for folder in FOLDERS for problem in diagnostics_of(folder, components)}
    assert found <= set(CODES)


def test_codes_of_parsing_and_checking_are_told_apart() -> None:
    assert not set(CODES) & set(parse_codes.CODES)


def test_codes_are_words_with_sentences() -> None:
    for code, told in CODES.items():
        assert code.replace("-", "").islower(), code
        assert told.meaning.endswith(".") and "\n" not in told.meaning
        assert told.explanation.endswith(".")


def test_the_first_example_of_the_language_has_nothing_wrong(components: Catalog) -> None:
    project = project_of({"exai.yaml": SECTION_0.read_text()})
    assert printed(check(project, components)) == ""


def test_the_order_of_files_doesnt_matter(components: Catalog) -> None:
    text = (INVALID / "unknown-reference/exai.yaml").read_text()
    documents = {f"{number}.yaml": part for number, part in enumerate(text.split("---\n"))}
    forwards = check(project_of(documents), components)
    backwards = check(project_of(dict(reversed(documents.items()))), components)
    assert forwards == backwards and has_errors(forwards)


def test_only_the_wanted_environments_are_judged(components: Catalog) -> None:
    folder = INVALID / "connection-missing"
    project = project_of({"exai.yaml": (folder / "exai.yaml").read_text()})
    assert check(project, components, ["local"]) == ()
    assert {problem.code for problem in check(project, components, ["prod"])} == {
        "connection-missing"
    }


def test_each_rule_is_listed_once_and_each_module_is_listed() -> None:
    listed = (*CHECKS, *OF_OBJECTS)
    modules = {rule.__module__.rpartition(".")[2] for rule in listed}
    assert len(modules) == len(listed)
    folder = ROOT / "compiler/exai_compiler/checks"
    rules = {
        p.stem for p in folder.glob("*.py") if "\ndef check(subject: Subject)" in p.read_text()
    }
    assert modules == rules


def test_a_cluster_honours_every_field() -> None:
    text = (
        (INVALID / "local-parity/exai.yaml")
        .read_text()
        .replace("target: local", "target: kubeflow")
    )
    assert parity(project_of({"exai.yaml": text}), "local") == ()
    assert parity(project_of({"exai.yaml": text}), "nowhere") == ()


@pytest.mark.parametrize("version", ["none", "{fixed: '2026-10'}"])
def test_data_that_a_person_speaks_for_needs_no_note(version: str) -> None:
    text = (INVALID / "data-not-watched/exai.yaml").read_text()
    edited = text.replace("  key: [flower_id]\n", f"  key: [flower_id]\n  version: {version}\n")
    assert edited != text
    assert [note.code for note in parity(project_of({"exai.yaml": text}), "local")] == [
        "data-not-watched"
    ]
    assert parity(project_of({"exai.yaml": edited}), "local") == ()


@pytest.mark.parametrize(
    "written", ["parameters.depth", "{{ parameters.depth }}", "${ parameters.depth }"]
)
def test_a_setting_without_its_braces_is_told_once(written: str, components: Catalog) -> None:
    text = (INVALID / "unused-parameter/exai.yaml").read_text()
    text = text.replace("max_depth: 5", f'max_depth: "{written}"')
    (found,) = check(project_of({"exai.yaml": text}), components)
    assert found.hint == "write ${{ parameters.depth }}"
