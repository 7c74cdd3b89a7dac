"""Two mistakes in two documents: neither hides what the other's document tells by itself, and
together they make no third error."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from exai_runtime.validating import validate

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
    """Letters that are forgotten in keys, words and references, lists for words, lines left out."""
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
            yield path, document, number, "# left out"


def told(project: Path, there: Path, *made: Mistake) -> Told:
    shutil.copytree(project, there, ignore=shutil.ignore_patterns(".exai"))
    for path, _, number, text in made:
        lines = (there / path).read_text("utf-8").split("\n")
        lines[number] = text
        (there / path).write_text("\n".join(lines), "utf-8")
    found = validate(there).diagnostics
    shutil.rmtree(there)
    return {(e.at.path, e.at.line, e.code) for e in found if e.severity == "error"}


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
