"""`invalid-input`: a plain value of the right type that the component refuses all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from exai_compiler.catalog import Limit
from exai_compiler.checks.port_types import misfits
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import under_with
from exai_compiler.graph import Constant, port_type
from exai_specs.diagnostics import Diagnostic
from exai_specs.frozen import Json


class Outside(NamedTuple):
    """Why a component refuses a value, in words that go on from the input's name."""

    words: str
    shown: str
    hint: str


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, step, _ in subject.leaves():
        if step.component is None:
            continue
        for name, limit in step.component.limits.items():
            binding = step.inputs.get(name)
            if not isinstance(binding, Constant) or name in step.component.filled:
                continue
            if (wrong := outside(binding.value, limit)) is not None:
                # Of another type: `wrong-input-type` speaks.
                if any(misfits(binding.value, port_type(step.component.inputs[name]))):
                    continue
                yield Diagnostic(
                    "invalid-input",
                    f"`{name}` of {step.component.name} {wrong.words}{wrong.shown}",
                    spec.at(*under_with(step.path, name)),
                    hint=wrong.hint,
                )


def outside(value: Json, limit: Limit) -> Outside | None:
    """What is wrong with a value; None when the component takes it."""
    if isinstance(value, str):
        if not limit.enum or value in limit.enum:
            return None
        hint = did_you_mean(value, limit.enum)
        return Outside("takes certain values alone", f', not "{value}"', hint)
    if isinstance(value, bool) or not isinstance(value, int | float) or _between(value, limit):
        return None
    share = (limit.above, limit.below) == (0, 1) and _between(value / 100, limit)
    return Outside(
        f"must be {_bounds(limit)}",
        f", not {value}",
        f"it is a fraction: {value / 100:g} is {value:g} %"
        if share
        else "choose one within these bounds",
    )


def _between(value: float, limit: Limit) -> bool:
    return (limit.above is None or value > limit.above) and (
        limit.below is None or value < limit.below
    )


def _bounds(limit: Limit) -> str:
    bounds = (("above", limit.above), ("below", limit.below))
    return " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
