"""A valid project with one value that is another: always an answer, and the right place.

Every field of every kind that a valid project uses, each with values of every sort. `WRONG_VALUES=
50000 pytest tests/property/test_wrong_values.py` looks longer; the same number always makes the
same changes.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import yaml
from valid_projects import Texts, judged, projects

from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.kinds import KINDS

COUNT = int(os.environ.get("WRONG_VALUES", "1200"))
SEED = int(os.environ.get("SEED", "20261126"))
PARTS = 4
HERE = "VALUE-TO-BE-CHANGED"
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{2,}")
Path = tuple[str | int, ...]

VALUES = (
    *("null", "true", "-1", "0", "1.5", "99999999999999999999999", "9007199254740993", "1_000"),
    *(
        "0o17",
        "-0",
        "1e400",
        ".inf",
        "2026-11-26",
        "'text'",
        "''",
        "' '",
        '"\\n\\n"',
        "'@'",
        "'x@1'",
    ),
    *("[]", "[null]", "['x', 'x']", "[[{}]]", "{}", "{a: null}", "{'': 1}", "{x: {x: {x: 1}}}"),
    *("'${{ parameters.x }}'", "'a/../../b'", "'{secret: x}'", "{secret: x}", '"\\0"', "'ü😀'"),
    f"'{'x' * 5000}'",
)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


@dataclass(frozen=True)
class Field:
    """A field by its path in a document of a project: the first that there is of its kind."""

    project: str
    file: str
    document: int
    path: Path


@cache
def fields() -> tuple[Field, ...]:
    """Every field of every document; names and indices of the users' own are told apart."""
    found: dict[tuple[str, Path], Field] = {}
    for project, texts in projects().items():
        for file in (file for file in texts if file.endswith(".yaml")):
            for number, value in enumerate(documents(texts[file])):
                for path in below(value):
                    shape = tuple("#" if isinstance(part, int) else part for part in path)
                    key = (str(value["kind"]), shape)
                    found.setdefault(key, Field(project, file, number, path))
    return tuple(found.values())


def documents(text: str) -> list[dict[str, Any]]:
    return [thaw(document.value) for document in read(text, "x.yaml")[0]]


def below(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from below(each, (*path, key))


def changed(value: Any, path: Path) -> Any:
    if not path:
        return HERE
    items = value.items() if isinstance(value, dict) else enumerate(value)
    new = {key: changed(each, path[1:]) if key == path[0] else each for key, each in items}
    return new if isinstance(value, dict) else list(new.values())


@cache
def around(field: Field) -> str:
    """The file with the field marked, each of its fields on a line of its own."""
    whole = documents(projects()[field.project][field.file])
    whole[field.document] = changed(whole[field.document], field.path)
    return yaml.dump_all(whole, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)


def named(field: Field, line: int, words: set[str], errors: list[Diagnostic]) -> bool:
    """Whether an error leads to the field: to its line, one beside it, or by a word of its path."""
    for found in errors:
        places = (found.at, *(at for _, at in found.related))
        if any(at.path == field.file and abs(at.line - line) <= 1 for at in places):
            return True
        if words & set(WORD.findall(f"{found.message} {found.hint}")):
            return True
    return False


def test_every_kind_is_among_them() -> None:
    kinds = {documents(projects()[f.project][f.file])[f.document]["kind"] for f in fields()}
    assert kinds == set(KINDS)
    assert len(fields()) > 2000


@pytest.mark.parametrize("part", range(PARTS))
def test_a_wrong_value_is_the_one_that_is_named(part: int) -> None:
    dice = random.Random(f"{SEED} {part}")  # noqa: S311 - the same changes every time
    unnamed: list[str] = []
    for _ in range(COUNT // PARTS):
        field, value = dice.choice(fields()), dice.choice(VALUES)
        text = around(field)
        texts: Texts = {**projects()[field.project], field.file: text.replace(HERE, value, 1)}
        of = f"{field}: {value[:40]}"
        errors = judged(texts, of)
        line = text[: text.index(HERE)].count("\n") + 1
        words = set(WORD.findall(" ".join(str(part) for part in field.path)))
        if errors and not named(field, line, words, errors):
            unnamed.append(f"{of}\n    {errors[0].at} {errors[0].code} {errors[0].message}")
    assert unnamed == []
