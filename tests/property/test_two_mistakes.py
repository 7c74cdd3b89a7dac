"""Two mistakes: neither hides what the other's document tells by itself, and together they make no
third error. In one document, what is misspelt is taken for what its hint says, and what can't be
mended hides what may come of it."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from exai_runtime.validating import validate
from exai_specs.codes import CODES as OF_ONE_DOCUMENT
from exai_specs.diagnostics import Diagnostic

ROOT = Path(__file__).parents[2]
PROJECTS = sorted(
    path.parent
    for folder in ("examples", "tests/golden")
    for path in (ROOT / folder).rglob("exai.yaml")
)
# What a document's own text tells.
OF_ITSELF = {"unknown-field", "wrong-type", "unknown-component", "unknown-expectation"}
# With these nobody knows where a document ends, or which files there are.
OF_FILES = {"yaml-syntax", "missing-spec-folder", "duplicate-key", "no-project"}

Mistake = tuple[Path, int, int, str]
"""A file, the number of a document in it and of a line, and what is written there instead."""
Told = set[tuple[str, int, str]]


def mistakes(project: Path) -> Iterator[Mistake]:
    """Letters that are forgotten in keys, words and references, lists for words, tags, numbers that
    are none, keys that aren't supported, lines left out."""
    for file in sorted(project.rglob("*.yaml")):
        if file.name == "component.yaml" or ".exai" in file.parts:
            continue
        document = 0
        for number, line in enumerate(file.read_text("utf-8").split("\n")):
            document += line == "---"
            if not line.strip() or line.lstrip().startswith(("#", "---")):
                continue
            path = file.relative_to(project)
            for word in re.finditer(r"(?<![\w./$@-])[A-Za-z_]{5,}(?![\w./@-])", line):
                middle = (word.start() + word.end()) // 2
                yield path, document, number, line[:middle] + line[middle + 1 :]
            yield path, document, number, re.sub(r": ([\w.]+)$", r": [\1]", line)
            yield path, document, number, re.sub(r": ([\w.]+)$", r": !!str \1", line)
            yield path, document, number, re.sub(r"(?<![\w\"])(\d+)(?=[,}\]]|$)", r"00\1", line)
            yield path, document, number, re.sub(r"^(\s+)[\w-]+: (?=\S)", r"\1<<: ", line)
            yield path, document, number, "# left out"


def errors(project: Path, there: Path, *made: Mistake) -> list[Diagnostic]:
    shutil.copytree(project, there, ignore=shutil.ignore_patterns(".exai"))
    for path, _, number, text in made:
        lines = (there / path).read_text("utf-8").split("\n")
        lines[number] = text
        (there / path).write_text("\n".join(lines), "utf-8")
    found = validate(there).diagnostics
    shutil.rmtree(there)
    return [each for each in found if each.severity == "error"]


def places(found: Iterable[Diagnostic]) -> Told:
    return {(each.at.path, each.at.line, each.code) for each in found}


def told(project: Path, there: Path, *made: Mistake) -> Told:
    return places(errors(project, there, *made))


@pytest.mark.parametrize("seed", range(3))
def test_neither_hides_the_other_nor_do_both_make_a_third(seed: int, tmp_path: Path) -> None:
    chance = random.Random(20261127 + seed)  # noqa: S311
    sound = [each for each in PROJECTS if not validate(each).exit_code]
    pairs = 0
    while pairs < 12:
        project = chance.choice(sound)
        possible = list(mistakes(project))
        one, other = chance.choice(possible), chance.choice(possible)
        if one[:2] == other[:2]:
            continue
        alone = [told(project, tmp_path / "one", one), told(project, tmp_path / "other", other)]
        if not all(alone) or any(code in OF_FILES for each in alone for _, _, code in each):
            continue
        pairs += 1
        both = told(project, tmp_path / "both", one, other)
        assert both <= alone[0] | alone[1], (project, one, other)
        for mistake, found in zip((one, other), alone, strict=True):
            mine = {
                each
                for each in found
                if each[:2] == (mistake[0].as_posix(), mistake[2] + 1) and each[2] in OF_ITSELF
            }
            assert mine <= both, (project, one, other)


@pytest.mark.parametrize("seed", range(3))
def test_in_one_document_the_schema_hides_no_check(seed: int, tmp_path: Path) -> None:
    chance = random.Random(20261127 + seed)  # noqa: S311
    sound = [each for each in PROJECTS if not validate(each).exit_code]
    there = tmp_path / "one"
    meant = others = 0
    for project in chance.sample(sound, 8):
        possible = list(mistakes(project))
        alone = [
            (one, errors(project, there, one))
            for one in chance.sample(possible, min(40, len(possible)))
        ]
        of_schema = [
            (one, found[0])
            for one, found in alone
            if len(found) == 1 and found[0].code in OF_ONE_DOCUMENT.keys() - OF_FILES
        ]
        of_checks = [
            (other, places(found))
            for other, found in alone
            if found and not any(each.code in OF_ONE_DOCUMENT for each in found)
        ]
        pairs = [
            (one, other)
            for one in of_schema
            for other in of_checks
            if one[0][:2] == other[0][:2]
            and one[0][2] != other[0][2]
            and not other[0][3].startswith("#")  # half of what both are in may be gone
        ]
        for (one, problem), (other, found) in chance.sample(pairs, min(5, len(pairs))):
            both = told(project, there, one, other)
            assert both <= found | places([problem]), (project, one, other)
            if problem.hint.startswith("did you mean"):
                meant += 1
                assert found <= both, (project, one, other)
            others += 1
    assert meant
    assert others > meant


@pytest.mark.parametrize(
    "wrong",
    [
        "sepc: {specs: [specs/], environments: {local: [LOCAL]}}",
        "sepc: {specs: [specs/], environments: [{local: LOCAL}]}",
        "spec: {specs: [specs/], enviroments: {local: [LOCAL]}}",
        "spec: {specs: [specs/], environments: {<<: {local: LOCAL}}}",
        "spec: {specs: [specs/], <<: {environments: {local: LOCAL}}}",
        "spec: {specs: [specs/], envs: {prod: LOCAL}}",
        "spec: {local: LOCAL}",
        "spec: {environments: {local: {target: local, zzz: CONNECTIONS}}}",
    ],
)
def test_environments_that_are_left_out_may_have_everything(wrong: str, tmp_path: Path) -> None:
    there = tmp_path / "project"
    shutil.copytree(ROOT / "examples/iris", there, ignore=shutil.ignore_patterns(".exai"))
    file = there / "exai.yaml"
    head, spec, rest = file.read_text("utf-8").partition("spec:\n")
    local = "{target: local, connections: {warehouse: {sqlite: {path: data/iris.db}}}}"
    assert spec and local in rest
    written = wrong.replace("LOCAL", local).replace("CONNECTIONS", local.split(": ", 2)[2][:-1])
    file.write_text(f"{head}{written}\n", "utf-8")
    found = validate(there).diagnostics
    assert {each.at.path for each in found if each.severity == "error"} == {"exai.yaml"}


def test_environments_that_are_left_out_are_told_all_the_same(tmp_path: Path) -> None:
    there = tmp_path / "project"
    shutil.copytree(ROOT / "examples/iris", there, ignore=shutil.ignore_patterns(".exai"))
    file = there / "exai.yaml"
    text = file.read_text("utf-8").replace("environments:", "enviroments:")
    file.write_text(text.replace("target: local", "target: 5, zzz: 1"), "utf-8")
    told = [(e.code, e.at.line) for e in validate(there).diagnostics if e.severity == "error"]
    assert told == [("unknown-field", 7), ("wrong-type", 8), ("unknown-field", 8)]
