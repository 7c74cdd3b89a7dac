"""What a document may hold is looked for in its own part of a file: nothing that stands in it is
missed, and thousands of documents of one file don't each go through all of it.
"""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exai_compiler.checks import half_expressions, usable_credentials
from exai_compiler.checks.texts import words_with
from exai_specs.documents import Document, read
from exai_specs.overlays import overlaid
from exai_specs.yaml_text import lines_of, position

MARKS = ("{{", "${", "token", "---")
TEXTS = st.sampled_from(
    ("a", "${{ b }}", "{{ c }}", "my token", "d\n---\ne", "--- f", "----", "g\n\nh", "ü{{", "i: j")
)
VALUES = st.recursive(
    TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("k", "{{", "---x")), inner)
    ),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(st.sampled_from(("a", "b", "--- token", "c")), VALUES, min_size=1)
FORMS = st.sampled_from(({}, {"default_flow_style": True}, {"default_style": '"'}))
BETWEEN = st.sampled_from(("---\n", "--- # {{\n", "---\n# token\n", "---\t\n", "---\r\n"))
FILL = "# nothing\n" * 2000


def holds(document: Document, mark: str) -> bool:
    return any(True for _ in words_with(mark, document.value))


@given(
    st.lists(st.tuples(BETWEEN, DOCUMENTS, FORMS), min_size=1, max_size=6),
    st.sampled_from(("", FILL)),
)
def test_nothing_is_missed(made: list[tuple[str, object, dict[str, object]]], fill: str) -> None:
    texts = (mark + yaml.safe_dump(value, **form) for mark, value, form in made)
    text = fill + "".join(texts)
    documents, problems = read(text, "x")
    assert len(documents) == len(made) or problems
    for document in documents:
        for mark in MARKS:
            assert document.may_hold(mark) or not holds(document, mark), (document.value, mark)
            assert document.may_hold(mark) is document.may_say(lambda each, m=mark: m in each)
    if fill:
        assert sum(len(part) for each in documents for part in each.texts) <= len(text)


@pytest.mark.parametrize("escaped", ['"\\x7b{"', '"{\\\n  {"', "'{{'", "{{", "|\n  {{"])
def test_what_an_escape_spells_is_not_missed(escaped: str) -> None:
    written = escaped.replace("{{", "x{{")
    documents, _ = read(f"a: b\n{FILL}---\na: {written}\n---\na: b\n", "x")
    assert [each.may_hold("{{") for each in documents] == [False, True, False]
    assert holds(documents[1], "{{")


def test_of_a_patched_document_all_that_it_is_made_of_counts() -> None:
    parts = ("a: b\n", "spec: {patch: {a: 'x{{'}}\n", "a: c\n")
    (base, patch, other), _ = read(FILL + "---\n".join(parts), "x")
    assert not base.may_hold("{{")
    assert overlaid(base, [patch]).may_hold("{{")
    assert not overlaid(base, [other]).may_hold("{{")


@given(st.text(alphabet="a\n\r", max_size=30), st.sampled_from(("", "b" * (1 << 15))))
def test_places_in_large_texts_are_those_in_small_ones(text: str, more: str) -> None:
    for index in range(len(text) + 1):
        before = lines_of(text[:index])
        # A `\r` that a `\n` follows ends its line with it.
        assert position(text + more, index) == (len(before), len(before[-1]) + 1)


@given(
    st.lists(st.sampled_from(("$", "{", "}", "a", " ", "-", ".", "${{", "}}")), max_size=14).map(
        "".join
    )
)
def test_no_half_expression_is_passed_over(text: str) -> None:
    assert half_expressions._may_be_half(text) or not half_expressions._HALF.search(text)


CALLED = (
    *("PASSWORD", "passwd", "Secret", "API_KEY", "apiKey", "access-key", "TOKEN", "privateKey"),
    *("credential", "Passphrase", "MYSQL_PWD", "Authorization", "\u017fecret"),
)
NAMES = tuple(
    f"{before}{called}{after}"
    for before in ("DB_", "db-", "x.", "", "my")
    for called in CALLED
    for after in ("", "S")
)


@given(
    st.sampled_from(NAMES),
    st.sampled_from(("hunter2xyz", "Bearer abcdefghij", "--{}=qwertz77", "curl -u a:qwertz77 b")),
    st.sampled_from(("", "--", "-D")),
)
def test_no_credential_is_passed_over(name: str, value: str, dashes: str) -> None:
    value = value.format(name)
    if usable_credentials.credential_in(name, value) is not None:
        assert usable_credentials.may_hold_any(f"{name}: {value}")
    words = ("curl", f"{dashes}{name}", value, value)
    if any(True for _ in usable_credentials.usable_among(words)):
        assert usable_credentials.may_hold_any("\n".join(words))
