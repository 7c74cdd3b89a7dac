"""What an editor completes inside `policies` and `gates`."""

from __future__ import annotations

import json

import pytest

from exai_compiler.judge import DIRECTIONS
from exai_compiler.policies import rules
from exai_runtime import editor_schema
from exai_specs.schema import bundle

BEFORE = json.loads(json.dumps(bundle()))
SCHEMA = editor_schema.schema()


@pytest.mark.parametrize(
    ("kind", "field", "names"),
    [("Project", "policies", rules()), ("Model", "gates", tuple(DIRECTIONS))],
)
def test_keys_that_there_are_complete_and_others_are_as_before(
    kind: str, field: str, names: tuple[str, ...]
) -> None:
    found = SCHEMA["$defs"][f"kind.{kind}"]["properties"]["spec"]["properties"][field]
    plain = BEFORE["$defs"][f"kind.{kind}"]["properties"]["spec"]["properties"][field]
    offered = found.pop("properties")
    closed = {"additionalProperties": False} if kind == "Project" else {}
    assert found == {**plain, **closed}
    assert tuple(offered) == names and len(names) > 5
    for schema in offered.values():
        assert schema.pop("description")
        assert schema == plain["additionalProperties"]


def test_the_schema_of_the_specs_stays_as_it_is() -> None:
    assert json.loads(json.dumps(bundle())) == BEFORE
