"""Comments that allow a warning: where they count, and what is none."""

from __future__ import annotations

import pytest

from exai_specs.allowances import allowances


def told(text: str) -> list[tuple[str, int, str]]:
    found, problems = allowances(text, "x.yaml")
    assert problems == ()
    return [(each.code, each.line, each.reason) for each in found]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1  # exai: allow some-code -- why\n", 1),
        ("# exai: allow some-code -- why\na: 1\n", 2),
        ("  # exai: allow some-code -- why\n\n  # more\n  a: 1\n", 4),
        ("a: 1\n# exai: allow some-code -- why\n", 2),
        ("a: 1 #exai:allow some-code -- why  \n", 1),
        ("a: 1\r\nb: 2  # exai: allow some-code -- why\r\n", 2),
        ("a: 'x'  # exai: allow some-code -- why\n", 1),
        ("a: |\n  text\n# exai: allow some-code -- why\nb: 1\n", 4),
    ],
)
def test_a_comment_speaks_of_its_line_or_of_the_one_below(text: str, line: int) -> None:
    assert told(text) == [("some-code", line, "why")]


def test_several_codes_and_a_reason_with_anything_in_it() -> None:
    text = "a: 1  # exai: allow one-code, other-code -- see #12 -- or so\n"
    assert told(text) == [
        ("one-code", 1, "see #12 -- or so"),
        ("other-code", 1, "see #12 -- or so"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a: 'x # exai: allow some-code -- why'\n",
        'a: "x\n  # exai: allow some-code -- why"\n',
        "a: |\n  # exai: allow some-code -- why\nb: 1\n",
        "a: x#exai: allow some-code -- why\n",
        "a: 1  # exai: allowance\n",
        "# exai reads this file\na: 1\n",
        "# exai allows only digests in prod\na: 1\n",
        "# exai allows re-runs\na: 1\n",
        "# exai allows digests -- tags only in dev\na: 1\n",
        "# exai ignores case-sensitive names here\na: 1\n",
        "# exai - skip this one\na: 1\n",
        "# Exai disables it\na: 1\n",
        "# exai.lock is beside it\na: 1\n",
        "# yaml-language-server: $schema=exai.json\na: 1\n",
        "a: 'x # exai: alow some-code -- why'\n",
        "a: 1\n",
    ],
)
def test_text_is_no_comment(text: str) -> None:
    assert allowances(text, "x.yaml") == ((), ())


@pytest.mark.parametrize(
    "comment",
    [
        "",
        " some-code",
        " some-code --",
        " some-code -- ",
        " -- why",
        " Some_Code -- why",
        ": a -- b",
    ],
)
def test_without_a_code_or_a_reason_it_is_an_error(comment: str) -> None:
    found, (problem,) = allowances(f"a: 1  # exai: allow{comment}\n", "x.yaml")
    assert found == ()
    assert (problem.code, str(problem.at)) == ("allow-without-reason", "x.yaml:1:7")


@pytest.mark.parametrize(
    "comment",
    [
        "# exai: alow some-code -- why",
        "# exai: allows some-code -- why",
        "# exai: Allow some-code -- why",
        "#exai:alow some-code reason",
        "# exai allow some-code -- why",
        "# exai - allow some-code -- why",
        "# exai alow some-code, other-code -- why",
        "# exai allow some-code",
        "# exai ignore some-code, other-code",
        "# exai allow: some-code -- why",
        "# exai: allows only digests",
        "# Exai: allow some-code -- why",
        "# exai: ignore some-code",
        "# exai: disable",
    ],
)
def test_what_is_nearly_one_is_told(comment: str) -> None:
    found, (problem,) = allowances(f"a: 1  {comment}\n", "x.yaml")
    assert found == ()
    assert (problem.code, str(problem.at)) == ("allow-without-reason", "x.yaml:1:7")
    assert problem.hint == "write `# exai: allow CODE -- the reason`"


def test_what_cant_be_read_is_no_crash() -> None:
    for text in (
        "a: [  # exai: allow x -- y\n",
        "\t# exai: allow x -- y\n",
        "[" * 5000 + "# exai: allow x -- y",
    ):
        allowances(text, "x.yaml")


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("one-code,other-code why not", "one-code, other-code -- why not"),
        ("one-code, other-code: why", "one-code, other-code -- why"),
        ("one-code other-code", "one-code, other-code -- the reason"),
        ("one-code; other-code -- why", "one-code, other-code -- why"),
        ("one-code, other-code", "one-code, other-code -- the reason"),
    ],
)
def test_codes_that_are_listed_in_another_way_are_written_as_they_should_be(
    written: str, hint: str
) -> None:
    _, (problem,) = allowances(f"a: 1  # exai: allow {written}\n", "x.yaml")
    right = f"# exai: allow {hint}"
    assert problem.hint == f"write `{right}`: commas between codes, ` -- ` before the reason"
    assert [code for code, _, _ in told(f"a: 1  {right}\n")] == ["one-code", "other-code"]


@pytest.mark.parametrize("secret", [f"hf_{'a' * 34}", "mysql --password hunter2pass"])
def test_what_may_be_a_credential_is_not_repeated(secret: str) -> None:
    _, (problem,) = allowances(f"a: 1  # exai: allow one-code it is {secret}\n", "x.yaml")
    assert problem.hint == "write `# exai: allow one-code -- the reason`"


def test_of_a_hostile_file_a_thousand_are_told() -> None:
    text = "a: 1  # exai: allow x\n" * 5000 + "b: 2  # exai: allow some-code -- why\n"
    found, problems = allowances(text, "x.yaml")
    assert [each.line for each in found] == [5001]
    assert [each.code for each in problems[-2:]] == ["allow-without-reason", "more-problems"]
    assert len(problems) == 1001
