"""What may be shown of values and lines: everything but credentials."""

from __future__ import annotations

from typing import Any

import pytest

from exai_specs.withheld import first_argument, shown

TOKEN = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"HF_TOKEN": "hunter2"}, {"HF_TOKEN": "***"}),
        ({"X": TOKEN, "Y": ("a", TOKEN)}, {"X": "***", "Y": ("a", "***")}),
        ({"name": "HF_TOKEN", "value": "hunter2"}, {"name": "HF_TOKEN", "value": "***"}),
        ({"db": ({"DB_PASSWORD": "hunter2"},)}, {"db": ({"DB_PASSWORD": "***"},)}),
        (("--api-key", "hunter2", "--x", "y"), ("--api-key", "***", "--x", "y")),
        (("--dbPassword=hunter2", "-v"), ("***", "-v")),
        (("sh", "-c", "PGPASSWORD='hunter2' psql"), ("sh", "-c", "***")),
        (("curl", "-H", "Authorization: Bearer hunter22"), ("curl", "-H", "***")),
        # What a password may look like: another tool's reference, a template, a file.
        ({"DB_PASSWORD": "@dmin123!"}, {"DB_PASSWORD": "***"}),
        ({"DB_PASSWORD": "{SSHA}abc123"}, {"DB_PASSWORD": "***"}),
        ({"DB_PASSWORD": "secret:hunter2"}, {"DB_PASSWORD": "***"}),
        (("--password", "hunter2.key"), ("--password", "***")),
        ("mysql --password=@dmin123!", "***"),
    ],
)
def test_a_credential_is_not_shown(value: Any, told: Any) -> None:
    assert shown(value) == told


@pytest.mark.parametrize(
    "value",
    [
        {"HF_TOKEN": {"secret": "hub", "key": "token"}},
        {"HF_TOKEN": "/run/secrets/token", "USE_TOKEN": "true"},
        {"name": "REGION", "value": "eu"},
        {"name": "X", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}},
        ("--token-file", "/run/token", "--api-key", "$KEY", "--token", 5, "--password"),
        ("--tokenizer", "hunter2", "TOKEN=$(cat /run/token)", "Authorization: Bearer $TOKEN"),
        {"max_tokens": 100, "MAX_TOKEN": 7, "text": ("a", 1, None, True, 0.5)},
    ],
)
def test_what_is_no_credential_stays(value: Any) -> None:
    assert shown(value) == value


@pytest.mark.parametrize("part", ["A=", "-a=b=", "A=:", "-a ", "A=$TOKEN=", "PGPASSWORD=$"])
def test_a_long_text_of_arguments_comes_to_an_end(part: str) -> None:
    """Looked through from each of them to the last one, it would take hours."""
    assert first_argument(part * 100_000) is None
    assert first_argument(f"{part * 1000} --token hunter2") is not None
