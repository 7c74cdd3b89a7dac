"""A valid project with one line changed: always an answer, and the right place.

Thousands of changes of the examples, the goldens' specs and the guide: whatever a line becomes, the
stages from reading to rendering raise nothing and do work in proportion to the project. Where the
change makes an error, a diagnostic names the line, the mapping that it belongs to, or a place that
refers to what changed. `MUTATIONS=20000 pytest tests/property/test_mutated_projects.py` looks
longer; the same number always makes the same changes.
"""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from valid_projects import Texts, as_it_was, judged, projects, told

from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import KINDS

MUTATIONS = int(os.environ.get("MUTATIONS", "2500"))
SEED = int(os.environ.get("SEED", "20261126"))
PARTS = 8
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{2,}")


@dataclass(frozen=True)
class Mutation:
    """`line` counts from 1; `before` and `after` are the texts of the changed line."""

    project: str
    path: str
    line: int
    kind: str
    before: str
    after: str
    text: str

    def __str__(self) -> str:
        where = f"{self.project}: {self.path}:{self.line}"
        return f"{where}: {self.kind}: {self.before!r} -> {self.after!r}"


JUNK = (
    *(
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "'",
        '"',
        "&a ",
        "*a",
        "!!str ",
        "${{ ",
        " }}",
        " # ",
        "|",
        ">",
    ),
    *(
        "%",
        "@",
        "`",
        "\t",
        "\x00",
        "\x1b[31m",
        "\ufeff",
        "\u2028",
        "ü",
        "😀",
        "<<: ",
        "? ",
        "---\n",
        "...\n",
    ),
    *(
        "${{ steps.nothing.data }}",
        "$${{",
        "{{$.inputs}}",
        "1e3",
        ".inf",
        "0x1F",
        "~",
        "null",
        "\udc80",
    ),
)
VALUES = (
    *("5", "-1", "0", "1.10", "true", "null", "''", "text", "'1'", "[]", "[1, a]", "{}", "{a: b}"),
    *("${{ parameters.nothing }}", "${{ a ==", "2026-11-20", "9999999999999999999999", "10s", "5%"),
    *("a/b", "../../x", "iris@latest", "x" * 300, "{csv: {path: x.csv}}", "*/5 * * * *"),
)
CHANGES: dict[str, Callable[[random.Random, str], str]] = {}


def change(function: Callable[[random.Random, str], str]) -> Callable[[random.Random, str], str]:
    CHANGES[function.__name__] = function
    return function


@change
def delete(_: random.Random, __: str) -> str:
    return ""


@change
def duplicate(_: random.Random, line: str) -> str:
    return f"{line}\n{line}"


@change
def indent(dice: random.Random, line: str) -> str:
    return " " * dice.choice((1, 2, 4)) + line


@change
def outdent(dice: random.Random, line: str) -> str:
    return line[min(dice.choice((1, 2, 4)), len(line) - len(line.lstrip())) :]


@change
def other_value(dice: random.Random, line: str) -> str:
    key, colon, _ = line.partition(": ")
    return f"{key}: {dice.choice(VALUES)}" if colon else f"{line} {dice.choice(VALUES)}"


@change
def inner_value(dice: random.Random, line: str) -> str:
    """One word of the line becomes something else."""
    words = list(re.finditer(r"[^\s\[\]{},:]+", line))
    if not words:
        return dice.choice(VALUES)
    word = dice.choice(words)
    return line[: word.start()] + dice.choice(VALUES) + line[word.end() :]


@change
def garble(dice: random.Random, line: str) -> str:
    """Two letters of a word change places, or one is lost or doubled."""
    words = list(WORD.finditer(line))
    if not words:
        return line + "x"
    word = dice.choice(words)
    at = dice.randrange(word.start(), word.end() - 1)
    one, two = line[at], line[at + 1]
    middle = dice.choice((two + one, one, one + one + two, one.upper() + two))
    return line[:at] + middle + line[at + 2 :]


@change
def junk(dice: random.Random, line: str) -> str:
    at = dice.randrange(len(line) + 1)
    return line[:at] + dice.choice(JUNK) + line[at:]


@change
def cut(dice: random.Random, line: str) -> str:
    return line[: dice.randrange(len(line) + 1)]


@change
def no_key(_: random.Random, line: str) -> str:
    key, colon, rest = line.partition(":")
    return f"{key[: len(key) - len(key.lstrip())]}{rest.strip()}" if colon else line + ":"


def mutations(count: int, seed: int) -> Iterator[Mutation]:
    every = projects()
    names = sorted(every)
    dice = random.Random(seed)  # noqa: S311 - the same changes every time
    while count:
        project = dice.choice(names)
        texts = every[project]
        path = dice.choice([path for path in texts if path.endswith(".yaml")])
        lines = texts[path].split("\n")
        number = dice.randrange(len(lines))
        before = lines[number]
        if not before.strip() or before.strip() == "---":
            continue
        if dice.random() < 0.03:
            kind, after = "truncate", before[: dice.randrange(len(before))]
            text = "\n".join((*lines[:number], after))
        else:
            kind = dice.choice(sorted(CHANGES))
            after = CHANGES[kind](dice, before)
            new = [] if kind == "delete" else [after]
            text = "\n".join((*lines[:number], *new, *lines[number + 1 :]))
        if text == texts[path]:
            continue
        count -= 1
        yield Mutation(project, path, number + 1, kind, before, after, text)


def named(mutation: Mutation, texts: Texts, new: list[Diagnostic]) -> bool:
    """Whether a diagnostic leads to the change: its place or a related one is the line, one beside
    it or one of the mappings around it; or it says a word that the change took or brought, or
    names the field whose value it changed."""
    lines = set(around(mutation, texts))
    words = changed(mutation, texts)
    field = mutation.before.partition(":")[0].strip(" -")
    for found in new:
        places = (found.at, *(at for _, at in found.related))
        if found.code == "yaml-syntax" and any("is opened" in said for said, _ in found.related):
            lines.update(range(found.related[0][1].line, found.at.line))  # a bracket, to its end
        if any(at.path == mutation.path and at.line in lines for at in places):
            return True
        said = f"{found.message} {found.hint} {' '.join(text for text, _ in found.related)}"
        if words & set(WORD.findall(said)) or (field and f"`{field}`" in said):
            return True
    return False


def changed(mutation: Mutation, texts: Texts) -> set[str]:
    """The words that aren't there any more, or weren't before."""
    gone = lost(mutation, texts)
    before, after = set(WORD.findall(mutation.before)), set(WORD.findall(mutation.after))
    return (before ^ after) | set(WORD.findall(gone))


def lost(mutation: Mutation, texts: Texts) -> str:
    """What else is gone with the end of a truncated file."""
    lines = texts[mutation.path].split("\n")
    return " ".join(lines[mutation.line :]) if mutation.kind == "truncate" else ""


def around(mutation: Mutation, texts: Texts) -> Iterator[int]:
    """The changed line, those beside it, the block that it heads and the one before that, and the
    lines above that it is indented below."""
    lines = texts[mutation.path].split("\n")
    at = mutation.line
    yield from (at - 1, at, at + 1)
    if mutation.kind == "truncate":
        yield from range(at, len(lines) + 1)
    depth = len(mutation.before) - len(mutation.before.lstrip())
    for number in range(at + 1, len(lines) + 1):
        line = lines[number - 1]
        if line.strip() and len(line) - len(line.lstrip()) <= depth:
            break
        yield number
    # Without its head a block becomes a part of the one before it.
    for number in range(at - 1, 0, -1):
        line = lines[number - 1]
        yield number
        if line.strip() and len(line) - len(line.lstrip()) <= depth:
            break
    for number in range(at - 1, 0, -1):
        line = lines[number - 1]
        if line.strip() and len(line) - len(line.lstrip()) < depth:
            depth = len(line) - len(line.lstrip())
            yield number
        if line.strip() == "---":
            yield number + 1
            break
    else:
        yield 1


def calls(texts: Texts) -> int:
    """How many functions are called: the same on every machine."""
    count = 0

    def profile(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        del frame, argument
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        told(texts)
    finally:
        sys.setprofile(None)
    return count


def test_there_are_projects_of_every_kind() -> None:
    assert len(projects()) >= 14
    text = "\n".join(text for texts in projects().values() for text in texts.values())
    assert all(f"kind: {kind}\n" in text for kind in KINDS)


def test_a_word_that_stayed_names_no_change() -> None:
    texts = {"exai.yaml": "a:\n  b: 1\nc:\n  d: 1\nspec:\n  rows: load five\n"}
    change = Mutation("x", "exai.yaml", 6, "garble", "  rows: load five", "  rows: load six", "")
    for message, leads in (
        ("load is no step", False),
        ("rows are none", False),
        ("there is no `five`", True),
        ("`rows` is a text", True),
    ):
        found = Diagnostic("some-code", message, Span("exai.yaml", 2, 3))
        assert named(change, texts, [found]) is leads
    assert named(change, texts, [Diagnostic("some-code", "", Span("exai.yaml", 5, 1))])


@pytest.mark.parametrize("part", range(PARTS))
def test_a_changed_line_is_the_one_that_is_named(part: int) -> None:
    unnamed: list[str] = []
    for mutation in list(mutations(MUTATIONS, SEED))[part::PARTS]:
        texts, _ = as_it_was(mutation.project)
        errors = judged({**texts, mutation.path: mutation.text}, mutation)
        if errors and not named(mutation, texts, errors):
            unnamed.append(f"{mutation}\n    {errors[0].at} {errors[0].code} {errors[0].message}")
    assert unnamed == []


def test_the_work_is_in_proportion() -> None:
    told(projects()["section-0"])  # what is loaded once
    for mutation in list(mutations(MUTATIONS, SEED))[::50]:
        texts, _ = as_it_was(mutation.project)
        most = 3 * calls(texts) + 20_000
        assert calls({**texts, mutation.path: mutation.text}) <= most, mutation
