"""The text of feature_store.yaml is what YAML 1.1 reads back, which is what Feast reads it with."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exai_compiler.features.store_file import store_text

CHARACTERS = "aeEfInNoxXyY019._/:@+=-~ #'\"\\,[]{}&*!|>%?ü\n"


@given(
    st.one_of(
        st.text(CHARACTERS), st.text(alphabet=st.characters(codec="utf-8", exclude_characters="$"))
    )
)
def test_a_text_comes_back(value: str) -> None:
    assert yaml.safe_load(store_text({"path": value})) == {"path": value}


@pytest.mark.parametrize(
    "value",
    (
        *("true", "True", "TRUE", "yes", "No", "on", "OFF", "null", "Null", "~", "y", "n", "", "."),
        *(
            "..",
            "...",
            "./a",
            "../a.db",
            "/a/b",
            "/",
            "./",
            ".5",
            ".inf",
            ".NaN",
            "1",
            "1:20",
            "1e3",
        ),
        *(
            "0x1F",
            "0o7",
            "07",
            "2026-11-27",
            "2026-11-27T01:02:03Z",
            "a: b",
            "a #b",
            "s3://a/b",
            "=",
        ),
    ),
)
def test_a_word_comes_back(value: str) -> None:
    assert yaml.safe_load(store_text({"path": value})) == {"path": value}
