"""The resources of a task that a run gives, on one machine: nothing is reserved, but what a cluster
would refuse is refused here, too, and the limit of memory bounds a Java heap as it does there.

In: the proto of an executor, the values of a task by input. Out: the executor with `EXAI_MEMORY` in
bytes. Raises BadAmount.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from exai_specs.regexes import regex
from exai_specs.units import Quantity, parse_quantity

CODE = "bad-amount"

_GIVEN = regex(r"\{\{\$\.inputs\.parameters\['([^']+)'\]\}\}")
_MEMORY = "EXAI_MEMORY"


class BadAmount(Exception):
    """Something that isn't an amount, or a limit below what is requested."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def with_amounts(executor: Any, values: Mapping[str, Any]) -> Any:
    """The executor of one task; the same one when all its amounts are written."""
    found = executor.container.resources
    texts = {
        "cpu": (found.resource_cpu_request, found.resource_cpu_limit),
        "memory": (found.resource_memory_request, found.resource_memory_limit),
        found.accelerator.resource_type: ("", found.accelerator.resource_count),
    }
    if not any(_GIVEN.fullmatch(text) for pair in texts.values() for text in pair):
        return executor
    made = type(executor)()
    made.CopyFrom(executor)
    for name, (asked, most) in texts.items():
        request, limit = _amount(name, asked, values), _amount(name, most, values)
        if request is not None and limit is not None and limit.value < request.value:
            raise BadAmount(
                f"its limit of {name} is {limit}, less than the {request} that it requests",
                f"give a limit of {request} or more",
            )
        if name == "memory" and limit is not None:
            for variable in made.container.env:
                if variable.name == _MEMORY:
                    variable.value = str(ceil(limit.value))
    return made


def _amount(name: str, text: str, values: Mapping[str, Any]) -> Quantity | None:
    if not text:
        return None
    given = _GIVEN.fullmatch(text)
    value = values.get(given[1]) if given else text
    try:
        return parse_quantity(value)
    except ValueError as error:
        raise BadAmount(f'"{value}" is no amount of {name}', str(error)) from None
