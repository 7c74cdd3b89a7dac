"""Lines that can't begin as they do: each is told, and nothing that YAML can read."""

from __future__ import annotations

import random

import pytest
import yaml

from exai_specs.diagnostics import MAX_IN_FILE, MORE, Diagnostic
from exai_specs.documents import read
from exai_specs.yaml_mistakes import BEGINS_NO_TEXT

HEAD = "apiVersion: exai.dev/v1alpha1\nkind: Model\n"
BELOW = (
    ("metadata:\n\tname: m\nspec:\n\ttask: a\n\t\tb: 1\n", "4:1 6:1 7:1"),
    ("spec:\n\ta: |\n\t\ttext\n\tb: 1\n", "4:1 5:1 6:1"),
    ("spec:\n  a: 1\n\t# a remark\n  b: 2\n\t\n", "5:1 7:1"),
    ("spec:\n  -\ta: b\n  - \tc: d\n  - e: f\n", "4:4 5:5"),
    ("spec:\n\t- a\n\t- b\n", "4:1 5:1"),
    ("metadata:\r\n\tname: m\r\nspec:\r\n\ttask: a\r\n", "4:1 6:1"),
    # What YAML reads is none: in a block of lines, in quotes, in brackets, behind a value.
    ("\ta: 1\nb: |\n  c\n  \td: 1\n", "3:1"),
    ("\ta: 1\nb: 'c\n\td: 1'\ne: {\n\tf: 1,\n\tg: 2}\n", "3:1"),
    ("\ta: 1\nb:\t1\nc\t: 2 \t\nd:\n  e: f\n   \t\n", "3:1"),
    ("\ta: 1\nb: c\n  \td\n", "3:1"),
    # Behind what isn't closed nobody knows.
    ("\ta: 1\nb: {\n\tc: 1\n", "3:1"),
    ("\ta: 1\nb: 'c\n\td: 1\n", "3:1"),
    # Values.
    (
        "spec:\n  a: @b\n  c: `d`\n  e: [@f, %g]\n  '@h': \"@i\" # @j\n  k: l@m @n\n",
        "4:6 5:6 6:7 6:11",
    ),
    ("spec:\n  a: @b\n\tc: 1\n", "4:6 5:1"),
    ("spec: {% a %}\nb: {% c %}\n", "3:8 4:5"),
    # The next document is read by itself.
    ("\ta: 1\n---\nb:\n\tc: 1\n\td: 1\n", "3:1 6:1 7:1"),
)


def told(text: str) -> list[Diagnostic]:
    return list(read(text, "x")[1])


@pytest.mark.parametrize(("text", "places"), BELOW)
def test_each_line_that_cannot_begin_so_is_told(text: str, places: str) -> None:
    found = told(HEAD + text)

    assert [f"{each.at.line}:{each.at.column}" for each in found] == places.split()
    assert {each.code for each in found} <= {"tab", "yaml-syntax"}


def test_they_are_told_alike() -> None:
    first, second = told("a:\n\tb: 1\n\tc: 1\n")
    template, end = told("a: {% b %}\nc: {% d %}\n")

    assert (first.code, first.message, first.hint) == (second.code, second.message, second.hint)
    assert (template.message, template.hint) == (end.message, end.hint)


@pytest.mark.parametrize("line", ["# " + "-" * 1_000_000, " b: c" + " " * 1_000_000 + "# d"])
def test_a_long_line_below_has_an_end(line: str) -> None:
    found = told(f"{HEAD}spec:\n\ta: 1\n{line}\n\te: 2\n")

    assert [each.at.line for each in found] == [4, 6]


def test_as_many_as_of_a_file_are_told() -> None:
    found = told("a:\n" + "\tb: 1\n" * (MAX_IN_FILE + 500))

    assert [each.code for each in found] == ["tab"] * MAX_IN_FILE + [MORE]


@pytest.mark.parametrize("seed", range(3))
def test_libyaml_stops_at_each_when_it_is_the_first(seed: int) -> None:
    """With the others mended, and the tabs above that are told once those are: nothing is told
    that YAML can read."""
    chance = random.Random(seed)  # noqa: S311
    parts = (
        "\t",
        "  ",
        "- ",
        "a: ",
        "b",
        ": ",
        "|",
        "'",
        '"',
        "[",
        "{",
        "}",
        "]",
        "# c",
        "@",
        "%d",
    )
    several = 0
    for _ in range(4000):
        lines = ["".join(chance.choices(parts, k=chance.randint(1, 5))) for _ in range(6)]
        lines.insert(0, "a: b")  # as every document begins, with a mapping
        found = [each for each in told("\n".join(lines)) if _is_of_a_beginning(each)]
        several += len(found) > 1
        for number, each in list(enumerate(found))[1:]:
            mended = [*lines]
            for other in reversed(found[:number]):
                line, column = mended[other.at.line - 1], other.at.column
                letter = " " if other.code == "tab" else "x"
                mended[other.at.line - 1] = line[: column - 1] + letter + line[column:]
                if other.code == "tab":
                    rest = mended[other.at.line - 1]
                    lead = len(rest) - len(rest.lstrip("\t -"))
                    mended[other.at.line - 1] = rest[:lead].replace("\t", " ") + rest[lead:]
            _mend_above(mended, each.at.line)
            assert _line_it_stops_at(mended) == each.at.line, (lines, each)
    assert several > 50


def _is_of_a_beginning(problem: Diagnostic) -> bool:
    return problem.code == "tab" or problem.message in BEGINS_NO_TEXT


def _mend_above(lines: list[str], line: int) -> None:
    """Tabs that are wrong only in what the mended lines have become; what stops libyaml above the
    line would hide whether it stops there."""
    while (at := _line_it_stops_at(lines)) < line:
        assert "\t" in lines[at - 1], lines
        lines[at - 1] = lines[at - 1].replace("\t", " ")


def _line_it_stops_at(lines: list[str]) -> int:
    """Of the tokens, which no indentation is wrong for; far below where it reads all."""
    try:
        for _ in yaml.scan("\n".join(lines), Loader=yaml.CSafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        assert error.problem_mark is not None
        return error.problem_mark.line + 1
    return 1_000_000
