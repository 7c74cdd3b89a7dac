"""A document that YAML can't read ends at the next `---`: the others are as without it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exai_specs.documents import read
from exai_specs.yaml_breaks import MOST_BREAKS

FRAME = "apiVersion: exai.dev/v1alpha1\nkind: Model\n"
WHOLE = FRAME + "metadata: {name: m}\nspec:\n  task: regression\n"
BROKEN = (
    FRAME + "spec: {a: [b\n",
    FRAME + "spec: 'a\n",
    FRAME + 'spec: "a\n',
    FRAME + "spec\n",
    FRAME + "spec: *a\n",
    FRAME + "spec: {a: &b c, d: &b e}\n",
    FRAME + "spec: @a\n",
    FRAME + "  spec: a\n",
    FRAME + "spec:\n\ta: b\n",
    "[",
    " : [",
    "- a\nb: c\n",
    "%YAML 7.7\n",
    "a: b: c\r\n",
    "# \n}\n",
)
MARKS = ("---\n", "--- # a\n", "---\t\n", "---\r\n", "---\n---\n", "---\n# b\n\n")


@given(
    st.lists(st.sampled_from((WHOLE, *BROKEN)), min_size=1, max_size=6),
    st.lists(st.sampled_from(MARKS), min_size=6, max_size=6),
    st.sampled_from(("", "---\n", "# a\n")),
)
def test_what_is_whole_is_read_at_its_place(parts: list[str], marks: list[str], top: str) -> None:
    text, lines = top, []
    for part, mark in zip(parts, marks, strict=False):
        if part == WHOLE:
            lines.append(text.count("\n") + 1)
        text += part + ("" if part.endswith("\n") else "\n") + mark
    documents, problems = read(text, "x")
    assert [each.at().line for each in documents] == lines
    assert [each.at(("spec", "task")).line for each in documents] == [line + 4 for line in lines]
    assert [each.text[each.start :][:10] for each in documents] == ["apiVersion"] * len(lines)
    assert bool(problems) is (len(lines) < len(parts))


@pytest.mark.parametrize("broken", BROKEN, ids=ascii)
def test_each_is_told_once(broken: str) -> None:
    text = "---\n".join((f"{broken.rstrip()}\n", WHOLE, f"{broken.rstrip()}\n"))
    _, problems = read(text, "x")
    second = broken.rstrip().count("\n") + 3 + WHOLE.count("\n")
    assert len(problems) == 2, problems
    assert problems[0].at.line < second < problems[1].at.line
    assert problems[0].message == problems[1].message


@pytest.mark.parametrize(
    "text",
    [
        "spec: |\nHere is a\n---\ntext: a\n",
        "spec: {a: b\n---\napiVersion: v1\nkind: ConfigMap\n",
        "spec: 'a\n---\n- b\n---\nword\n",
        "spec: {a: b\n---\na: 1\na: 2\n",
    ],
)
def test_what_isnt_surely_a_document_isnt_taken_for_one(text: str) -> None:
    documents, problems = read(FRAME + text, "x")
    assert (documents, len(problems)) == ((), 1)


def test_of_many_breaks_the_first_are_told() -> None:
    text = "---\n".join([FRAME + "spec: {a: [b\n"] * (MOST_BREAKS + 5) + [WHOLE])
    documents, problems = read(text, "x")
    assert (documents, len(problems)) == ((), MOST_BREAKS)


def test_what_is_too_deep_behind_a_break_is_told_before_it_is_read() -> None:
    deep = f"{FRAME}spec: {'[' * 30_000}{']' * 30_000}\n"
    documents, problems = read("---\n".join((FRAME + "spec: {a: [b\n", deep, WHOLE)), "x")
    assert documents == ()
    assert [(each.code, each.at.line) for each in problems] == [("yaml-syntax", 3), ("too-deep", 7)]


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("a: 'b\n---\n", "1:4", "a quote is opened here and never closed"),
        ('a: "b\n---\n', "1:4", "a quote is opened here and never closed"),
        ("a:\n  {b: c\n---\n", "2:3", "the mapping opened with `{` isn't closed"),
        ("a: [b\n\n", "1:4", "the list opened with `[` isn't closed"),
        ("a: &b {c: d\ne: {f: g}\n", "1:7", "the mapping opened with `{` isn't closed"),
        ("a: !b [c, d\ne: f\n", "1:7", "the list opened with `[` isn't closed"),
        ("a: [b: c\ne: f\n", "1:4", "the list opened with `[` isn't closed"),
        ("a: [&b {c: [d: {e: 1\n", "1:16", "the mapping opened with `{` isn't closed"),
    ],
)
def test_what_is_never_closed_is_told_where_it_is_opened(text: str, at: str, message: str) -> None:
    _, (problem,) = read(text, "x")
    assert str(problem.at) == f"x:{at}"
    assert message in problem.message
