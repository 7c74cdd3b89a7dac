"""The table of expectations is that of the pinned Great Expectations.

UPDATE_GOLDEN=1 writes it anew, from the installed library.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from exai_compiler.checks.expectation_table import expectation_table

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "compiler/exai_compiler/checks/expectations.json"
# What the library or the step that validates gives itself; an author who did would break a run.
GIVEN = {"batch_id", "id", "library_metadata", "meta", "rendered_content"}


def made() -> dict[str, Any]:
    """The table from the installed library; a Dataset can only name what starts with `expect_`."""
    import great_expectations
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    shared = set(Expectation.__fields__) - GIVEN
    return {
        "source": "names from the Python package great_expectations, made by "
        "tests/unit/compiler/test_expectation_table.py with UPDATE_GOLDEN=1",
        "licence": "Apache-2.0 (Great Expectations)",
        "version": great_expectations.__version__,
        "common": sorted(shared),
        "expectations": {
            name: sorted(set(get_expectation_impl(name).__fields__) - shared - GIVEN)
            for name in sorted(list_registered_expectation_implementations())
            if name.startswith("expect_")
        },
        "required": {
            name: needed
            for name in sorted(list_registered_expectation_implementations())
            if name.startswith("expect_")
            and (needed := _required(get_expectation_impl(name).__fields__))
        },
    }


def _required(fields: dict[str, Any]) -> list[str]:
    return sorted(name for name, field in fields.items() if field.required and name not in GIVEN)


@pytest.mark.slow
def test_the_table_is_that_of_the_library() -> None:
    text = json.dumps(made(), indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        TABLE.write_text(text, "utf-8")
    assert TABLE.read_text("utf-8") == text


def test_the_table_is_of_the_version_that_is_pinned() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    pins = told["project"]["optional-dependencies"]["train"]
    assert f"great-expectations=={expectation_table().version}" in pins


def test_own_and_shared_arguments_are_known() -> None:
    arguments = expectation_table().expectations["expect_column_values_to_be_between"]
    assert {"column", "min_value", "mostly", "description"} <= set(arguments)
    assert not GIVEN & set(arguments)
