"""The table of expectations is that of the pinned Great Expectations.

UPDATE_GOLDEN=1 writes it anew, from the installed library.
"""

from __future__ import annotations

import datetime
import enum
import json
import os
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest

from exai_compiler.checks.argument_kinds import described, is_one
from exai_compiler.checks.expectation_table import expectation_table
from exai_specs.frozen import freeze

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "compiler/exai_compiler/checks/expectations.json"
# What the library or the step that validates gives itself; an author who did would break a run.
GIVEN = {"batch_id", "id", "library_metadata", "meta", "rendered_content"}


def fields() -> dict[str, dict[str, Any]]:
    """The library's fields by expectation; a Dataset can only name what starts with `expect_`."""
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    return {
        name: {k: v for k, v in get_expectation_impl(name).__fields__.items() if k not in GIVEN}
        for name in sorted(list_registered_expectation_implementations())
        if name.startswith("expect_")
    }


def made() -> str:
    """The table from the installed library; one line for each kind and each expectation."""
    import great_expectations
    from great_expectations.expectations.expectation import Expectation

    kinds: list[str] = []

    def numbered(found: dict[str, Any], names: set[str]) -> dict[str, int]:
        numbers = {}
        for name in sorted(names):
            text = json.dumps(_kinds(found[name]))
            if text not in kinds:
                kinds.append(text)
            numbers[name] = kinds.index(text)
        return numbers

    every = fields()
    shared = set(Expectation.__fields__) - GIVEN
    common = numbered(next(iter(every.values())), shared)
    assert all(numbered(found, shared) == common for found in every.values())
    own = {name: numbered(found, set(found) - shared) for name, found in every.items()}
    required = {
        name: needed
        for name, found in every.items()
        if (needed := sorted(each for each, field in found.items() if field.required))
    }
    head = {
        "source": "names and kinds from the Python package great_expectations, made by "
        "tests/unit/compiler/test_expectation_table.py with UPDATE_GOLDEN=1",
        "licence": "Apache-2.0 (Great Expectations)",
        "version": great_expectations.__version__,
        "common": common,
    }
    parts = [f' "{key}": {json.dumps(value)}' for key, value in head.items()]
    parts.append(' "kinds": [\n' + ",\n".join(f"  {each}" for each in kinds) + "\n ]")
    for key, rows in (("expectations", own), ("required", required)):
        lines = ",\n".join(f'  "{name}": {json.dumps(row)}' for name, row in rows.items())
        parts.append(f' "{key}": {{\n{lines}\n }}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _kinds(field: Any) -> list[Any]:
    """What a field takes. Where it has its own validators, they say."""
    if field.class_validators:
        return ["any"]
    found: list[Any] = []
    for each in (*_stated(field.outer_type_), *(["null"] if field.allow_none else [])):
        if each not in found:
            found.append(each)
    return ["any"] if "any" in found else found


def _stated(hint: Any) -> Iterator[Any]:
    from pydantic.v1 import ConstrainedFloat, StrictStr

    plain = {bool: "bool", int: "whole", float: "number", str: "text", dict: "mapping"}
    plain |= {datetime.date: "date", datetime.datetime: "moment", type(None): "null"}
    plain |= {list: "list", set: "list"}
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        for each in inside:
            yield from _stated(each)
    elif origin is Annotated:
        yield from _stated(inside[0])
    elif origin is Literal:
        yield ["texts", *sorted(inside)]
    elif hint in plain:
        yield plain[hint]
    elif origin in (list, Sequence) and inside and inside[0] in (str, StrictStr):
        yield ["items", *_stated(inside[0])]
    elif origin in (list, Sequence) and get_origin(hint) is list and not inside:
        yield "list"
    elif isinstance(hint, type) and issubclass(hint, StrictStr):
        yield "name" if getattr(hint, "min_length", 0) else "strict-text"
    elif isinstance(hint, type) and issubclass(hint, ConstrainedFloat):
        yield ["between", hint.ge, hint.le]
    elif isinstance(hint, type) and issubclass(hint, enum.Enum):
        yield ["texts", *sorted(each.value for each in hint)]
    else:
        yield "any"


@pytest.mark.slow
def test_the_table_is_that_of_the_library() -> None:
    text = made()
    if os.environ.get("UPDATE_GOLDEN") == "1":
        TABLE.write_text(text, "utf-8")
    assert TABLE.read_text("utf-8") == text


VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 0.5, 1, 1.5, 2, 100),
    *("", "100", "0.5", "abc", "yes", "NO", "2026-10-01", "2026-10-01T10:00:00", "10 July"),
    *("any", "all", "iqr", "never", "neither", "pandas", "critical", "BASIC"),
    *([], [1], ["a"], ["ab"], [["a", 1]], [[1, 2], [3]], {}, {"a": 1}, {"$PARAMETER": "x"}),
)


@pytest.mark.slow
def test_what_is_refused_is_what_the_library_refuses() -> None:
    known = expectation_table().expectations
    for expectation, found in fields().items():
        for name, field in found.items():
            kinds = known[expectation][name]
            for value in VALUES if kinds != ("any",) else ():
                _, wrong = field.validate(value, {}, loc=name)
                taken = is_one(freeze(value), kinds)
                assert taken is (not wrong), f"{expectation}: {name}: {value!r}: {wrong}"


def test_the_table_is_of_the_version_that_is_pinned() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    pins = told["project"]["optional-dependencies"]["train"]
    assert f"great-expectations=={expectation_table().version}" in pins


def test_own_and_shared_arguments_are_known() -> None:
    arguments = expectation_table().expectations["expect_column_values_to_be_between"]
    assert {"column", "min_value", "mostly", "description"} <= set(arguments)
    assert not GIVEN & set(arguments)


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("min_value", "a number, a date, a date with its time or null"),
        ("mostly", "a number between 0 and 1"),
        ("column", "text"),
        ("strict_min", "true or false"),
    ],
)
def test_words_for_what_an_argument_may_be(argument: str, words: str) -> None:
    arguments = expectation_table().expectations["expect_column_values_to_be_between"]
    assert described(arguments[argument]) == words
