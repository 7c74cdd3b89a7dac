"""Hints by the examples that fields have: nobody is left without one.

In: a problem, the shape of what is at its place. Out: the problem with a hint. Never: a value of
the document, but a word that is one of the field's choices.
"""

from __future__ import annotations

import json
from typing import Any

from exai_specs.diagnostics import Diagnostic
from exai_specs.shape import Shape
from exai_specs.types import Path
from exai_specs.values import replace

A_MAPPING = "write `field: value` lines below the key, or {...} beside it"


def with_example(diagnostic: Diagnostic, shape: Shape, path: Path, given: Any = None) -> Diagnostic:
    """Nobody is left without a hint."""
    if diagnostic.hint == A_MAPPING:
        form = _choosing(shape.at(path), given) or plainly(_mapping_at(shape, path) or "")
        return replace(diagnostic, hint=f"{A_MAPPING}: {form}") if form else diagnostic
    example = None if diagnostic.hint else shape.example(path)
    if example is None:
        return diagnostic
    return replace(diagnostic, hint=f"for example {plainly(example)}")


def _choosing(shape: Shape, given: Any) -> str:
    """The mapping in whose place one of its fields' choices was written; "" for any other text."""
    names = (name for name, each in shape.fields.items() if given in each.choices)
    name = next(names, None) if isinstance(given, str) else None
    return f"{{{name}: {given}, ...}}" if name is not None else ""


def _mapping_at(shape: Shape, path: Path) -> object:
    """A mapping that could stand at a path, by itself or among named ones; None where no example
    shows one."""
    own = shape.at(path)
    if own.examples:
        return own.examples[0] if isinstance(own.examples[0], dict) else None
    if path and path[-1] in shape.at(path[:-1]).fields:  # one of several forms
        wanted = {name: each for name, each in own.fields.items() if each.required}
        return {name: each.examples[0] for name, each in wanted.items() if each.examples}
    around = shape.example(path[:-1])
    first = next(iter(around.values()), None) if isinstance(around, dict) else None
    return first if isinstance(first, dict) else None


def plainly(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example)
