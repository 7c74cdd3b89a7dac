"""What validation found: frozen values between Great Expectations, the report and the outcome."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exai_components.outcome import StepFailure
from exai_components.validate_dataset.asked import Asked, Expectation

ROWS_NAMED = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one expectation; `error` says why it could not be evaluated."""

    expectation: Expectation
    success: bool
    rows: int | None = None
    failed: int | None = None
    observed: Any = None
    values: tuple[Any, ...] = ()
    keys: tuple[Mapping[str, Any], ...] = ()
    error: str = ""

    def line(self) -> str:
        """`expect_... on petal_width: 2 of 150 rows (flower_id 7, 12)`."""
        about = self.expectation.about()
        name = f"{self.expectation.type} on {about}" if about else self.expectation.type
        if self.error:
            return f"{name}: {self.error}"
        if self.failed is None:
            return f"{name}: observed {self.observed}"
        named = f" ({name_rows(self.keys, self.failed)})" if self.keys else ""
        return f"{name}: {self.failed} of {self.rows} rows{named}"


def name_rows(keys: tuple[Mapping[str, Any], ...], failed: int) -> str:
    """`flower_id 7, 12 and 3 more`; of a compound key `day 1 hour 2, day 1 hour 3`."""
    if all(len(key) == 1 for key in keys):
        (name,) = keys[0]
        shown = f"{name} " + ", ".join(str(key[name]) for key in keys)
    else:
        shown = ", ".join(" ".join(f"{name} {key[name]}" for name in key) for key in keys)
    return f"{shown} and {failed - len(keys)} more" if failed > len(keys) else shown


def failure(asked: Asked, findings: tuple[Finding, ...]) -> StepFailure | None:
    """The final failure that the findings call for; None when the step may go on."""
    if len(findings) != len(asked.expectations):
        return StepFailure(
            "expectation-not-evaluated",
            f"{asked.name}: only {len(findings)} of {len(asked.expectations)} expectations "
            "were evaluated",
            "Nothing counts as passed that wasn't looked at: see the step's log",
        )
    if errors := [finding for finding in findings if finding.error]:
        return StepFailure(
            "expectation-not-evaluated",
            f"{asked.name}: {_lines(errors)}",
            "Mend the expectation in the Dataset",
        )
    failed = [finding for finding in findings if not finding.success]
    if not failed or asked.on_failure == "warn":
        return None
    return StepFailure(
        "expectation-failed",
        f"{asked.name} fails {len(failed)} of {len(findings)} expectations: {_lines(failed)}",
        "Mend the rows at their source, or the expectation in the Dataset",
        rows=_distinct(failed),
    )


def _lines(findings: list[Finding]) -> str:
    more = f"; and {len(findings) - 3} more" if len(findings) > 3 else ""
    return "; ".join(finding.line() for finding in findings[:3]) + more


def _distinct(findings: list[Finding]) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    for finding in findings:
        for key in finding.keys:
            if key not in rows:
                rows.append(key)
    return rows[:ROWS_NAMED]
