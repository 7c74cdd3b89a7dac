"""Codes and their examples as plain JSON."""

from __future__ import annotations

from typing import assert_never

from exai_runtime.explain_results import Explained, Explanation, Explanations, Failing
from exai_runtime.views.json import values
from exai_runtime.views.json.values import Plain


def explained(found: Explained | Explanations) -> Plain:
    """`codes` always; `example` of one code that was named, if it has one, else null."""
    match found:
        case Explanations():
            return {"codes": [_told(each) for each in found.codes], "example": None}
        case Explained():
            return {"codes": [_told(found.explanation)], "example": _example(found.example)}
    assert_never(found)


def _example(example: Failing | None) -> Plain | None:
    if example is None:
        return None
    return {
        "files": dict(example.files),
        "command": example.command,
        "diagnostics": values.diagnostics(example.diagnostics),
    }


def _told(each: Explanation) -> Plain:
    return {
        "code": each.code,
        "stage": each.stage,
        "severity": each.severity,
        "meaning": each.meaning,
        "explanation": each.explanation,
    }
