"""The expectations of the Great Expectations that exai pins, with their arguments.

In: nothing. Out: an `ExpectationTable`, read from `expectations.json` when first asked. Never:
an import of Great Expectations, which takes seconds and may not be installed.

The JSON is made from the library (Apache-2.0) by `tests/unit/compiler/test_expectation_table.py`
with UPDATE_GOLDEN=1; the same test holds it against the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from exai_compiler.checks.argument_kinds import Kinds
from exai_specs.values import frozen


@frozen
class ExpectationTable:
    """`expectations`: by name the arguments of each, with what they may be, without those that
    exai gives itself; `required` those without which there is none."""

    version: str
    expectations: Mapping[str, Mapping[str, Kinds]]
    required: Mapping[str, tuple[str, ...]]


@cache
def expectation_table() -> ExpectationTable:
    """The table, the same value at every call."""
    import json
    from pathlib import Path

    text = Path(__file__).with_name("expectations.json").read_text("utf-8")
    value = json.loads(text)
    kinds = [tuple(each) for each in value["kinds"]]
    common = value["common"]
    return ExpectationTable(
        version=value["version"],
        expectations=MappingProxyType(
            {
                name: {argument: kinds[at] for argument, at in {**own, **common}.items()}
                for name, own in value["expectations"].items()
            }
        ),
        required=MappingProxyType({n: tuple(needed) for n, needed in value["required"].items()}),
    )
