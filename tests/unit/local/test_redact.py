"""A secret's value occurs nowhere: in no form that programs print, at no boundary of a chunk."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exai_runtime.local.redact import Redactor

PHRASE = 's3cr€t "pass"/word+\\1'


@pytest.mark.parametrize(
    "shown",
    [
        PHRASE,
        json.dumps({"password": PHRASE}),
        json.dumps({"password": PHRASE}, ensure_ascii=False),
        repr({"password": PHRASE}),
        "postgresql://exai:" + quote(PHRASE, safe="") + "@host/db",
        "?p=" + quote_plus(PHRASE),
        quote(PHRASE, safe="").lower(),
        base64.b64encode(PHRASE.encode()).decode(),
        base64.urlsafe_b64encode(PHRASE.encode()).decode(),
    ],
)
def test_every_form_of_a_secret_goes(shown: str) -> None:
    clean = Redactor([PHRASE]).text(f"before {shown} after")
    assert "***" in clean
    assert "s3cr" not in clean
    assert clean.startswith("before ")
    assert clean.endswith(" after")


@given(st.text(max_size=9), st.text(max_size=9))
def test_base64_around_a_secret_shows_nothing_of_it(before: str, after: str) -> None:
    value = "correct horse battery staple"
    encoded = base64.b64encode(f"{before}{value}{after}".encode("utf-8", "replace")).decode()
    clean = Redactor([value]).text(encoded)
    assert "***" in clean
    assert len(clean.replace("***", "")) <= len(encoded) - 32


def test_each_line_of_a_secret_with_several_goes() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQE\n-----END KEY-----\n"
    clean = Redactor([key]).text("key:\n  MIIEvQIBADANBg\n  kqhkiG9w0BAQE\n")
    assert "MIIE" not in clean
    assert "kqhk" not in clean


def test_a_short_secret_goes_only_where_it_stands_alone() -> None:
    redactor = Redactor(["42"])
    assert redactor.text("pin=42, rows=1420") == "pin=***, rows=1420"


def test_without_secrets_nothing_changes() -> None:
    for values in ([], ["", " \n"]):
        assert Redactor(values).text("a  b\n") == "a  b\n"


@given(st.lists(st.integers(1, 40), max_size=30))
def test_no_chunk_boundary_lets_a_secret_through(sizes: list[int]) -> None:
    text = (
        f"a line with {PHRASE} in it\n" * 5 + f"and an end without a newline: {PHRASE}"
    ).encode()
    chunks, at = [], 0
    for size in [*sizes, len(text)]:
        chunks.append(text[at : at + size])
        at += size
    whole = b"".join(Redactor([PHRASE]).stream(chunks))
    assert whole == text.replace(PHRASE.encode(), b"***")


def test_an_endless_line_is_passed_on_without_its_secrets() -> None:
    text = (b"x" * 1000 + PHRASE.encode()) * 300
    chunks = [text[at : at + 4096] for at in range(0, len(text), 4096)]
    pieces = list(Redactor([PHRASE]).stream(chunks))
    assert len(pieces) > 1
    assert b"".join(pieces) == text.replace(PHRASE.encode(), b"***")


def test_json_keeps_its_numbers() -> None:
    redactor = Redactor(["1234"])
    assert redactor.plain({"rows": [1234, "pin 1234"]}) == {"rows": [1234, "pin ***"]}
