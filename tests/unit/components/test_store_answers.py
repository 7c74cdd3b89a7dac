"""What the feature store's process says of a failure holds no secret, and holds all the rest."""

from __future__ import annotations

import pytest

from exai_components.feature_store.actions import answer, redacted
from exai_components.feature_store.look_up import typed_columns

SAID = {"code": "c", "message": "no table pw-4711", "hint": "", "rows": [{"at": "pw-4711", "n": 1}]}


def test_a_failure_without_secrets_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXAI_REDACT", raising=False)
    assert redacted(SAID) == SAID
    monkeypatch.setenv("EXAI_REDACT", "EXAI_NOT_SET_HERE")
    assert redacted(SAID) == SAID


def test_a_secret_is_left_out_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAI_REDACT", "EXAI_NOT_SET_HERE,EXAI_ONE_SECRET")
    monkeypatch.setenv("EXAI_ONE_SECRET", "pw-4711")
    assert redacted(SAID) == {
        **SAID,
        "message": "no table ***",
        "rows": [{"at": "***", "n": 1}],
    }


def test_what_a_person_can_mend_is_an_answer(tmp_path: object) -> None:
    found = answer({"action": "get", "repository": str(tmp_path), "name": "x", "entities": []})
    assert found["error"]["code"] == "not-applied"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [("int64", "7", 7), ("string", "1.10", "1.10"), ("float64", "1", 1.0), ("bool", "true", True)],
)
def test_an_entity_that_is_typed_by_its_view(kind: str, text: str, value: object) -> None:
    assert typed_columns([{"key": text}], {"key": kind})["key"].to_pylist() == [value]
