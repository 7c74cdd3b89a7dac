"""validate-dataset without Great Expectations: what is asked, what a finding says, the report."""

from typing import Any

import pytest

from exai_components.validate_dataset.asked import Asked, Expectation, read_asked
from exai_components.validate_dataset.found import Finding, failure
from exai_components.validate_dataset.report import render_report


def asked(on_failure: Any = "block", *expectations: Expectation) -> Asked:
    return Asked("iris", ("id",), on_failure, expectations)


BETWEEN = Expectation("expect_column_values_to_be_between", {"column": "size", "max_value": 10})
ROWS = Expectation("expect_table_row_count_to_be_between", {"min_value": 100})


def test_the_schema_implies_expectations() -> None:
    told = read_asked(
        {
            "name": "iris",
            "key": ["id"],
            "schema": {
                "id": {"type": "int64"},
                "kind": {"type": "string", "enum": ["a", "b"], "nullable": False},
                "level": {"type": "int64", "enum": [1.0, 2.0], "nullable": True},
            },
            "quality": {
                "expectations": [{"expect_table_row_count_to_be_between": {"min_value": 100.0}}]
            },
        }
    )
    assert told.on_failure == "block"
    assert [(item.type, dict(item.arguments), item.implied) for item in told.expectations] == [
        ("expect_column_values_to_be_unique", {"column": "id"}, True),
        ("expect_column_values_to_not_be_null", {"column": "id"}, True),
        ("expect_column_values_to_not_be_null", {"column": "kind"}, True),
        ("expect_column_values_to_be_in_set", {"column": "kind", "value_set": ["a", "b"]}, True),
        ("expect_column_values_to_be_in_set", {"column": "level", "value_set": [1, 2]}, True),
        ("expect_table_row_count_to_be_between", {"min_value": 100}, False),
    ]


def test_a_compound_key_and_nothing_else() -> None:
    told = read_asked({"name": "x", "key": ["day", "hour"], "quality": {"onFailure": "warn"}})
    assert told.on_failure == "warn"
    assert [item.type for item in told.expectations] == ["expect_compound_columns_to_be_unique"]
    assert told.expectations[0].about() == "day, hour"
    assert read_asked({"name": "x"}).expectations == ()


def test_a_failure_names_expectation_column_rows_and_count() -> None:
    keys = tuple({"id": at} for at in range(10))
    findings = (
        Finding(BETWEEN, success=False, rows=150, failed=12, keys=keys),
        Finding(ROWS, success=False, observed=50),
    )
    problem = failure(asked("block", BETWEEN, ROWS), findings)
    assert problem is not None
    assert problem.outcome.message == (
        "iris fails 2 of 2 expectations: expect_column_values_to_be_between on size: "
        "12 of 150 rows (id 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more); "
        "expect_table_row_count_to_be_between: observed 50"
    )
    assert problem.outcome.rows == keys
    assert problem.outcome.final


def test_a_compound_key_is_named_whole() -> None:
    finding = Finding(BETWEEN, success=False, rows=9, failed=1, keys=({"day": "mon", "hour": 3},))
    assert finding.line().endswith("1 of 9 rows (day mon hour 3)")


def test_a_warning_lets_pass_what_failed() -> None:
    findings = (Finding(BETWEEN, success=False, rows=150, failed=12),)
    assert failure(asked("warn", BETWEEN), findings) is None
    assert failure(asked("block", BETWEEN), (Finding(BETWEEN, success=True),)) is None


@pytest.mark.parametrize("on_failure", ["block", "warn"])
def test_nothing_passes_that_was_not_evaluated(on_failure: str) -> None:
    short = failure(asked(on_failure, BETWEEN, ROWS), (Finding(BETWEEN, success=True),))
    assert short is not None
    assert "only 1 of 2 expectations were evaluated" in short.outcome.message
    broken = failure(
        asked(on_failure, BETWEEN), (Finding(BETWEEN, success=False, error="no such column"),)
    )
    assert broken is not None
    assert broken.outcome.code == "expectation-not-evaluated"
    assert "on size: no such column" in broken.outcome.message


def test_the_report_escapes_everything_and_fetches_nothing() -> None:
    nasty = "<script>alert('x')</script>&\""
    item = Expectation(f"expect_{nasty}", {"column": nasty, "regex": nasty}, implied=True)
    findings = (
        Finding(item, success=False, rows=9, failed=1, values=(nasty,), keys=({nasty: nasty},)),
        Finding(item, success=False, error=nasty),
        Finding(item, success=True, observed=nasty),
    )
    page = render_report(Asked(nasty, (nasty,), "warn", (item,) * 4), findings, 9)
    assert "<script" not in page
    assert "http:" not in page
    assert "https:" not in page
    assert page.count("&lt;script&gt;") >= 10
    assert "3 expectations evaluated, 2 failed, 1 not evaluated" in page
    assert page == render_report(Asked(nasty, (nasty,), "warn", (item,) * 4), findings, 9)
