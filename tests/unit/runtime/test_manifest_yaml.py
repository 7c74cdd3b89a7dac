"""YAML that every reader understands alike, and that a terminal may show."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exai_runtime.manifest_yaml import document, stream
from exai_runtime.views.human.paint import printable

# What YAML 1.1 (go-yaml 2, which kubectl reads with; libyaml) or 1.2 takes for something else.
TRICKY = [
    *("y", "Y", "n", "N", "yes", "No", "on", "OFF", "true", "False", "null", "~", "", "Null"),
    *("1", "-1", "+1", "1.0", "1e3", "1E3", ".5", "1.", "0x1F", "0o17", "017", "0b1", "1_000"),
    *("12:30", "1:20:30.5", ".inf", "-.INF", ".nan", "2026-11-20", "2026-11-20T10:00:00Z"),
    *("=", "<<", "- a", "a: b", "a #b", "#a", "!a", "&a", "*a", "%a", "@a", "`a", "{a", "[a", "a:"),
    *("'", '"', " a", "a ", "a\n", "\n", "a\nb", "a\tb", "\ta", "a\x00b", "\u2028", "\ufeff", "é"),
    *("---", "...", "--- a", "?", "? a", "|", ">", "-", ":", ",", "a\r\nb", "\x85", "infinity"),
]
BARE = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@=+,:-]*")


@pytest.mark.parametrize("text", TRICKY)
def test_a_text_stays_a_text(text: str) -> None:
    value = {"kind": text, text or "key": [text, {"a": text}]}
    written = document(value)
    assert yaml.safe_load(written) == value
    # A scalar without quotes can be nothing but a text, in either version of YAML.
    for event in yaml.parse(written):
        if isinstance(event, yaml.ScalarEvent) and event.style is None and event.value == text:
            assert BARE.fullmatch(text)
            assert text.lower() not in {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(blacklist_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(blacklist_categories=["Cs"])), JSON, max_size=4))
def test_what_is_written_is_read_back(value: dict[str, Any]) -> None:
    written = document(value)
    assert yaml.safe_load(written) == value
    assert yaml.load(written, Loader=yaml.CSafeLoader) == value
    assert written == document(dict(reversed(value.items())))


# Characters that decide how a text is written, and where its lines end.
TEXTS = st.text(st.sampled_from("ab -:#'\"|>é😀\n"), max_size=12)
NESTED = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.just(-0.0),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=30,
)
LONG = "k" * 101
"""A key that leaves the whole of its document to libyaml."""


@settings(max_examples=1000)
@given(st.dictionaries(TEXTS.filter(lambda key: key > LONG or key < "k"), NESTED, max_size=4))
@example({"apiVersion": "v1", "kind": "K", "l": {"a": [], "b": {}, "c": [[["a\nb"]], [{}]]}})
@example({"a": "\n", "b": [1, "\n"], "c": {"d": "\n\n", "e": "\n\n\n"}})
@example({"a": [{"b": "x\n\n\ny\n", "c": [" x\ny", "x \ny", "x\n y", "\nx"]}, 0.0, -0.0, 1e300]})
def test_it_is_laid_out_as_libyaml_does_it(value: dict[str, Any]) -> None:
    by_libyaml = document({**value, LONG: 1})
    assert by_libyaml.count(f"{LONG}: 1\n") == 1
    assert document(value) == by_libyaml.replace(f"{LONG}: 1\n", "") or not value


@given(st.dictionaries(st.text(st.characters(blacklist_categories=["Cs"])), JSON, max_size=4))
def test_a_terminal_gets_the_very_bytes(value: dict[str, Any]) -> None:
    lines = document(value).split("\n")
    assert [printable(line) for line in lines] == lines


def test_identity_comes_first() -> None:
    text = document({"spec": {"b": 1, "a": 2}, "metadata": {}, "kind": "K", "apiVersion": "v1"})
    assert text == "apiVersion: v1\nkind: K\nmetadata: {}\nspec:\n  a: 2\n  b: 1\n"


def test_documents_have_a_line_between_them() -> None:
    assert list(yaml.safe_load_all(stream(({"a": "1"}, {"b": "2"})))) == [{"a": "1"}, {"b": "2"}]
