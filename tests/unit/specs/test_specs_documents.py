"""Reading YAML: values, places, and what is refused."""

from __future__ import annotations

import pytest
from line_counts import lines_run

from exai_specs.diagnostics import Diagnostic
from exai_specs.documents import Document, read
from exai_specs.yaml_text import MAX_DEPTH


def document(text: str) -> Document:
    (found,), problems = read(text, "f.yaml")
    assert problems == ()
    return found


def problem(text: str | bytes) -> Diagnostic:
    documents, (found,) = read(text, "f.yaml")
    assert documents == ()
    return found


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("n", "n"),
        ("0", 0),
        ("-0", 0),
        ("00.5", 0.5),
        ("0o14", 12),
        ("0x1F", 31),
        ("+7", 7),
        ("-7", -7),
        ("1.10", 1.1),
        (".5", 0.5),
        ("5.", 5.0),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1:30", "1:30"),
        ("2026-11-20", "2026-11-20"),
        ("=", "="),
        ("-", None),
        (".", "."),
        ("1.2.3", "1.2.3"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("|-\n  a\n  b", "a\nb"),
        (">-\n  a\n  b", "a b"),
        ("9223372036854775807", 9223372036854775807),
        ("-9223372036854775808", -9223372036854775808),
        ("1" * 401 + "a", "1" * 401 + "a"),
    ],
)
def test_scalars_of_the_core_schema(written: str, value: object) -> None:
    if written == "-":
        assert document("a:\n- ").value == {"a": (None,)}
        return
    found = document(f"a: {written}").value["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("1e3", "number-format"),
        ("010", "number-format"),
        ("-08", "number-format"),
        ("00", "number-format"),
        ("-1.5E-7", "number-format"),
        (".inf", "number-format"),
        ("-.INF", "number-format"),
        (".nan", "number-format"),
        ("9223372036854775808", "number-format"),
        ("0x" + "f" * 20, "number-format"),
        ("9" * 350 + ".0", "number-format"),
        ("!!str 1", "tag-not-allowed"),
        ("!x {}", "tag-not-allowed"),
        ("!x 'quoted'", "tag-not-allowed"),
        ('"\\0"', "not-text"),
        ('"\\ud800"', "yaml-syntax"),
        ('"\\q"', "yaml-syntax"),
        ("@x", "yaml-syntax"),
        ("*nobody", "yaml-syntax"),
        ("- b", "yaml-syntax"),
        ("[1, 2", "yaml-syntax"),
    ],
)
def test_scalars_that_are_refused(written: str, code: str) -> None:
    found = problem(f"a: {written}")
    assert found.code == code
    assert found.hint


def test_a_word_as_it_was_written() -> None:
    found = document("a: 1.10\nb: {c: [0x1F, 5, True]}\nd: &d -1.\ne: '012'\nf:\ng: *d\n")
    paths = (("a",), ("b", "c", 0), ("b", "c", 1), ("b", "c", 2), ("d",), ("e",), ("g",))
    assert [found.written(path) for path in paths] == [
        *("1.10", "0x1F", "5", "True", "-1.", "", "-1.")
    ]


TEXT = """\
# a comment
a: 1
b:
  - x
  - {c: "tëxt", d: 'q', e: plain text}
"a long key": [[1, 2], 3]
f: |
  block
g: "esc\\taped"
"""


@pytest.mark.parametrize(
    ("path", "at", "key_at"),
    [
        ((), "2:1", "2:1"),
        (("a",), "2:4", "2:1"),
        (("b",), "4:3", "3:1"),
        (("b", 0), "4:5", "4:5"),
        (("b", 1), "5:5", "5:5"),
        (("b", 1, "c"), "5:9", "5:6"),
        (("b", 1, "e"), "5:28", "5:25"),
        (("a long key", 0, 1), "6:20", "6:20"),
        (("a long key", 1), "6:24", "6:24"),
        (("f",), "7:4", "7:1"),
        (("nope",), "2:1", "2:1"),
        (("b", 7), "4:3", "4:3"),
        (("b", "x"), "4:3", "4:3"),
        (("a", "deeper", 1), "2:4", "2:4"),
    ],
)
def test_places(path: tuple[str | int, ...], at: str, key_at: str) -> None:
    found = document(TEXT)
    assert str(found.at(path)) == f"f.yaml:{at}"
    assert str(found.key_at(path)) == f"f.yaml:{key_at}"


@pytest.mark.parametrize(
    ("path", "offset", "at"),
    [
        (("b", 1, "e"), 6, "5:34"),  # plain: where it stands
        (("b", 1, "c"), 2, "5:12"),  # quoted: after the quote
        (("b", 1, "d"), 0, "5:20"),  # no offset: the value's own place
        (("f",), 2, "7:4"),  # a block scalar isn't written where its text starts
        (("g",), 5, "9:4"),  # nor is text with escapes
    ],
)
def test_places_inside_text(path: tuple[str | int, ...], offset: int, at: str) -> None:
    assert str(document(TEXT).at(path, offset)) == f"f.yaml:{at}"


def test_many_documents_and_empty_ones() -> None:
    documents, problems = read("---\n---\na: 1\n---\n# nothing\n---\nb: 2\n", "f.yaml")
    assert [each.value for each in documents] == [{"a": 1}, {"b": 2}]
    assert [str(each.at(("b",))) for each in documents] == ["f.yaml:3:1", "f.yaml:7:4"]
    assert problems == ()
    assert read("", "f.yaml") == ((), ())


def test_a_bad_document_leaves_the_others_and_a_syntax_error_those_before_it() -> None:
    documents, problems = read("a: 1\n---\n[x]\n---\nb: {\n---\nc: 1\n", "f.yaml")
    assert [each.value for each in documents] == [{"a": 1}]
    assert [each.code for each in problems] == ["wrong-type", "yaml-syntax"]


def test_values_are_read_only() -> None:
    with pytest.raises(TypeError):
        document("a: {b: 1}").value["a"]["b"] = 2  # type: ignore[index]


def test_bytes_and_line_breaks() -> None:
    (found,), _ = read("a: ü\r\nb: 1\r\n".encode(), "f.yaml")
    assert found.value == {"a": "ü", "b": 1}
    assert str(found.at(("b",))) == "f.yaml:2:4"
    assert problem(b"a: 1\nb: \xc3(").at.line == 2
    documents, (found,) = read("a: 1".encode("utf-16"), "f.yaml")
    assert (found.code, [each.value for each in documents]) == ("not-utf8", [{"a": 1}])
    assert str(problem("a: \x07").at) == "f.yaml:1:4"
    assert problem("a: \ud800").code == "not-text"


def test_aliases_share_settings() -> None:
    found = document("a: &x {b: [1, 2]}\nc: *x\nd: 3\n")
    assert found.value["c"] == found.value["a"] == {"b": (1, 2)}
    assert str(found.at(("c", "b", 1))) == "f.yaml:1:15"
    assert str(found.key_at(("c",))) == "f.yaml:2:1"
    assert str(found.at(("d",))) == "f.yaml:3:4"


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]",
        "a: &a {b: *a}",
        "a: &a [*a, *a]",
        "[" * 100_000,
        "{a: " * 20_000,
        "- " * 100_000,
        "? " * 50_000,
        "x: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
        "\n".join(" " * i + "a:" for i in range(400)) + " 1",
        "\n---\n".join(["a: [[]]"] * 600 + ["a: " + "[" * 1100]),
        "a: &a [*a, " + "x, " * 30_000 + "]",
    ],
    ids=lambda text: text[:12],
)
def test_depth_is_bounded(text: str) -> None:
    _, problems = read(text, "f.yaml")
    assert {each.code for each in problems} <= {"too-deep", "alias-budget"}
    assert problems


def test_many_brackets_side_by_side_are_no_depth() -> None:
    text = "a: [" + ", ".join(["[1, 2]"] * 2000) + "]"
    assert len(document(text).value["a"]) == 2000  # type: ignore[arg-type]
    assert problem(text + "\n b: {").code == "yaml-syntax"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a: {b: ${{ x }}}", "1:8"),
        ("a: [1, ${{ x }}]", "1:8"),
        ("a: {b: text ${{ x }}, c: 1}", "1:13"),
        ("a: {\n  b: ${{ x }},\n  c: 1}", "2:6"),
        ("a: ${{ x : y }}", "1:4"),
        ("a: 'q' \nb: run ${{ x }}: y", "2:8"),
        ("a: ${{ x == 'b #c' }}", "1:4"),
        ("a: first\n  then ${{ x # c }}", "2:8"),
    ],
)
def test_expressions_that_need_quotes(text: str, at: str) -> None:
    found = problem(text)
    assert (found.code, str(found.at)) == ("quote-expression", f"f.yaml:{at}")


@pytest.mark.parametrize(
    "text",
    [
        "a: ${{ x }}",
        "a: ${{ x }} # a comment",
        "a: {b: '${{ x }}'}",
        'a: ["${{ x }}"]',
        "a: x ${{ y",  # the grammar of expressions says what is wrong here
        "a: |\n  ${{ x # no comment }}\n",
    ],
)
def test_expressions_that_need_none(text: str) -> None:
    assert document(text)


def test_a_colon_elsewhere_is_no_expression() -> None:
    assert problem('a: "${{ x }}" b: c').code == "yaml-syntax"
    assert problem("a: b\n c: d").code == "yaml-syntax"


@pytest.mark.parametrize(
    ("text", "at", "word"),
    [
        ("a: 'x", "1:4", "never closed"),
        ("a: b\nc", "2:1", "without a colon"),
        ("a: 1\nb", "2:1", "without a colon"),
        ("a:\n  - 1\n  b: 2", "3:3", "item of the list"),
        ("a: [1\nb: 2", "1:4", "isn't closed"),
        ("%YAML 3.0\n---\na: 1", "1:1", "valid YAML"),
    ],
)
def test_syntax_errors(text: str, at: str, word: str) -> None:
    found = problem(text)
    assert (found.code, str(found.at)) == ("yaml-syntax", f"f.yaml:{at}")
    assert word in found.message


@pytest.mark.parametrize(
    ("text", "at", "related"),
    [
        # A quote that the next one ends, lines below.
        ('a: 1\nb: "x\nc: 2\nd: "y@z"\n', "2:4", ["4:4"]),
        ("b: 'x\nc: 2\nd: it's\n", "1:4", ["3:6"]),
        ('b: ["x, 1]\nc: 2\nd: "y"\n', "1:5", ["3:4"]),
        ("b:\n  - 'x\n  - 'y'\n", "2:5", ["3:5"]),
        # Text on several lines with a quote in it: the mistake is there.
        ('b: "x\n  y "z" u"\n', "2:6", ["1:4"]),
        # Brackets.
        ("a: {b: 1\nc: 2\n", "1:4", ["2:2"]),
        ("a: {b: [1]\nc: {d: 2}\ne: f\n", "1:4", ["2:1"]),
        ("a: [1,\n- b\n- c\n", "1:4", ["2:1"]),
        ("a:\n  - [1\n  - [2]\n", "2:5", ["3:5"]),
        ("a: {b: ']'\nc: 2 # }\n", "1:4", ["2:1"]),
        ("a: [1,\n", "1:4", []),
        ("a: [1", "1:4", []),
        # They are closed, and lack a comma.
        ("a: {\n  b: 1\n  c: 2\n}\n", "3:4", ["1:4"]),
        ("a: [\n  {b: 1}\n  {c: '['}\n]\n", "3:3", ["1:4"]),
    ],
)
def test_what_is_never_closed_is_told_where_it_is_opened(
    text: str, at: str, related: list[str]
) -> None:
    found = problem(text)
    assert (str(found.at), [str(at) for _, at in found.related]) == (
        f"f.yaml:{at}",
        [f"f.yaml:{each}" for each in related],
    )


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("a: &one 1\nb: *on\n", "there is no anchor `&on` before this alias", "`*one`?"),
        ("a: [&one 1, *two]\nb: &two 2\n", "`&two`", "write `&two` before the value"),
        ("a: *x\n", "this alias has no anchor before it", "quote text"),
        ("a: x&y\nb: *x\n", "this alias has no anchor before it", "quote text"),
        # What may be a credential is repeated nowhere.
        ("a: &one 1\nDB_PASSWORD: *hunter2abc\n", "this alias has no anchor", "quote text"),
    ],
)
def test_an_alias_names_the_anchor_that_is_missing(text: str, words: str, hint: str) -> None:
    found = problem(text)
    assert (words in found.message, hint in found.hint) == (True, True)
    assert "hunter2" not in f"{found.message} {found.hint}"


ONE = "<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (ONE, [1]),
        (f"x: 1\n{ONE}y: 2\n{ONE}", [2, 8]),
        (f"x: 1\n{ONE}---\ny: 2\n{ONE}---\nz: 1\n", [2, 9]),
        # A `---` on a side of one.
        ("<<<<<<< ours\na: 1\n---\nb: 1\n=======\na: 2\n>>>>>>> theirs\nc: 1\n", [1]),
        ("<<<<<<< ours\na: 1\n---\nb: 1\n=======\n>>>>>>> theirs\n<<<<<<< ours\n", [1, 7]),
        # Half of one is one, too.
        ("a: 1\n=======\na: 2\n>>>>>>> theirs\n", [2]),
        (ONE.replace("=======", "||||||| base\na: 0\n======="), [1]),
    ],
)
def test_each_merge_conflict_is_told_once(text: str, lines: list[int]) -> None:
    _, problems = read(text, "f.yaml")
    told = {(each.code, each.message) for each in problems}
    assert told == {("yaml-syntax", "a merge conflict isn't resolved")}
    assert [each.at.line for each in problems] == lines


def test_tabs() -> None:
    assert str(problem("a:\n\tb: 1").at) == "f.yaml:2:1"
    assert document("a: |\n  x\ty\n").value == {"a": "x\ty\n"}


def test_keys() -> None:
    _, problems = read("1: a\n<<: b\n? [x]\n: y\nd: 1\nd: 2\n1e3: x\n", "f.yaml")
    assert [(each.code, each.at.line) for each in problems] == [
        ("key-not-text", 1),
        ("merge-key", 2),
        ("key-not-text", 3),
        ("duplicate-key", 6),
        ("number-format", 7),
    ]
    assert problems[3].related[0][1].line == 5
    assert document("'1': a\non: b\n").value == {"1": "a", "on": "b"}


def test_an_alias_stands_where_its_anchor_does_and_its_key_where_it_is_written() -> None:
    found = document("a: &a {x: 1}\nb: [*a, 2]\nc: *a\n&k d: [*k]\n")
    assert found.value == {"a": {"x": 1}, "b": ({"x": 1}, 2), "c": {"x": 1}, "d": ("d",)}
    assert [str(found.at(path)) for path in (("b", 0), ("b", 0, "x"), ("b", 1), ("c", "x"))] == [
        *("f.yaml:1:4", "f.yaml:1:11", "f.yaml:2:9", "f.yaml:1:11")
    ]
    assert str(found.key_at(("c",))) == "f.yaml:3:1"
    assert str(found.at(("d", 0))) == "f.yaml:4:1"


def test_the_first_of_two_keys_is_found_behind_others() -> None:
    found = problem("a: {x: [1, 2], y: {z: 3}}\nb: [4]\nc: 5\nb: [6, {a: 7, a: 8}]\nd: 9\n")
    assert (found.code, str(found.at)) == ("duplicate-key", "f.yaml:4:1")
    assert [str(place) for _, place in found.related] == ["f.yaml:2:1"]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: [*nobody]\n",  # in what is passed over
        "[x]: {y: *nobody}\n",
        "a: &a 1\n---\nb: *a\n",  # of another document
        "a: &a 1\nb: &a 2\n",
        "a: [&a 1, *a]\nb: *nobody\nc: [\n",  # before what else is wrong
    ],
)
def test_an_alias_or_anchor_that_can_not_be_ends_the_reading(text: str) -> None:
    documents, problems = read(text, "f.yaml")
    assert [each.code for each in problems] == ["yaml-syntax"]
    assert len(documents) == text.count("---")


def test_an_anchor_around_its_own_alias_ends_in_a_problem() -> None:
    documents, problems = read("a: &a {b: *a, c: [*a]}\n", "f.yaml")
    assert documents == ()
    assert {each.code for each in problems} == {"too-deep", "alias-budget"}


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 401, "0." + "1" * 5000])
def test_a_number_of_any_length_is_a_number(number: str) -> None:
    documents, problems = read(f"a: {number}\n", "x.yaml")
    assert documents == ()
    assert [(p.code, str(p.at)) for p in problems] == [("number-format", "x.yaml:1:4")]


@pytest.mark.parametrize("item", ["a{0}", "a{0}: [b]"], ids=["list", "mapping"])
def test_places_of_all_items_take_as_long_as_there_are_items(item: str) -> None:
    def taken(size: int) -> int:
        brackets = "{{{}}}" if ":" in item else "[{}]"
        found = document(f"of: {brackets.format(', '.join(item.format(n) for n in range(size)))}")
        keys = found.keys(("of",)) or range(size)
        places = [found.key_at(("of", key)).column for key in keys]
        assert places == sorted(set(places))  # each has one of its own
        return lines_run(lambda: [found.at(("of", key)) for key in keys])

    assert taken(2000) < 3 * taken(1000)
