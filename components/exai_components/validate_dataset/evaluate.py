"""Great Expectations at work: each expectation built by itself, all evaluated over one table.

In: an Arrow table and what is asked. Out: one `Finding` for each expectation, in their order.
Never lets Great Expectations drop one: a suite logs an expectation that it can't build and goes on
without it, so each is built here, where that is a failure.
"""

import logging
from collections.abc import Iterator
from typing import Any

from exai_components.light_imports import without
from exai_components.outcome import StepFailure, did_you_mean
from exai_components.validate_dataset.asked import Asked, Expectation
from exai_components.validate_dataset.found import ROWS_NAMED, Finding

# Optional to Great Expectations; this step reads no database and no bucket.
_ABSENT = ("sqlalchemy", "google.cloud", "google.api_core", "google.auth", "pyspark", "boto3")
# Half of the import's time, for one expectation's plots and for three expectations' statistics.
_POSTPONED = ("altair", "scipy.stats")


def evaluate(table: Any, asked: Asked) -> tuple[Finding, ...]:
    """Findings in the order of `asked.expectations`; short when some were not evaluated."""
    with without(absent=_ABSENT, postponed=_POSTPONED):
        import great_expectations as gx
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    built = [_build(at, item) for at, item in enumerate(asked.expectations)]
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batch = (
        context.data_sources.add_pandas("exai")
        .add_dataframe_asset(asked.name)
        .add_batch_definition_whole_dataframe("all")
        .get_batch({"dataframe": _frame(table)})
    )
    present = [name for name in asked.key if name in table.column_names]
    shape = {
        "result_format": "SUMMARY",
        "partial_unexpected_count": ROWS_NAMED,
        **({"unexpected_index_column_names": present} if present else {}),
    }
    suite = gx.ExpectationSuite(name=asked.name, expectations=built)
    result = batch.validate(suite, result_format=shape)
    found = dict(_findings(result.to_json_dict()["results"], asked, tuple(present)))
    return tuple(found[at] for at in sorted(found))


def _build(at: int, item: Expectation) -> Any:
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.registry import (
        list_registered_expectation_implementations,
    )
    from pydantic.v1 import ValidationError

    try:
        return ExpectationConfiguration(
            type=item.type, kwargs=dict(item.arguments), meta={"exai": at}
        ).to_domain_obj()
    except ExpectationNotFoundError:
        known = list_registered_expectation_implementations()
        raise StepFailure(
            "unknown-expectation",
            f'Great Expectations has no "{item.type}"',
            did_you_mean(item.type, known),
        ) from None
    except (ValidationError, TypeError, ValueError) as error:
        raise StepFailure(
            "ill-made-expectation",
            f"{item.type} doesn't take these arguments: {_reasons(error)}",
            "Mend the expectation in the Dataset",
        ) from None


def _reasons(error: Any) -> str:
    """`min_value: field required`; of an error that has no places its text."""
    if not hasattr(error, "errors"):
        return str(error).splitlines()[0]
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc'] if part != '__root__')}: {item['msg']}"
        for item in error.errors()
    )


def _frame(table: Any) -> Any:
    """The table for pandas; whole numbers with gaps stay whole numbers."""
    import pandas as pd
    import pyarrow as pa

    whole = {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype()}
    gaps = {field.type for field in table.schema if table.column(field.name).null_count}
    return table.to_pandas(types_mapper=lambda kind: whole.get(kind) if kind in gaps else None)


def _findings(
    results: list[dict[str, Any]], asked: Asked, key: tuple[str, ...]
) -> Iterator[tuple[int, Finding]]:
    for item in results:
        at = int(item["expectation_config"]["meta"]["exai"])
        result = item.get("result") or {}
        rows = result.get("partial_unexpected_index_list") or []
        yield (
            at,
            Finding(
                expectation=asked.expectations[at],
                success=bool(item["success"]),
                rows=result.get("element_count"),
                failed=result.get("unexpected_count"),
                observed=result.get("observed_value"),
                values=tuple(result.get("partial_unexpected_list") or ())[:ROWS_NAMED],
                keys=tuple(_key(row, key) for row in rows[:ROWS_NAMED]),
                error=_error(item.get("exception_info") or {}),
            ),
        )


def _key(row: Any, key: tuple[str, ...]) -> dict[str, Any]:
    if isinstance(row, dict) and key:
        return {name: row.get(name) for name in key}
    return {"row": row + 1 if isinstance(row, int) else str(row)}


def _error(info: dict[str, Any]) -> str:
    """The message of an exception while evaluating: flat, or one for each metric."""
    nested = [value for value in info.values() if isinstance(value, dict)]
    for item in (info, *nested):
        if item.get("raised_exception"):
            return " ".join(str(item.get("exception_message") or "an exception").split())
    return ""
