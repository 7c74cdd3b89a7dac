"""`if`, from its text to what decides it: what is rendered is what the local target reads."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from exai_compiler.backends.kfp.conditions import condition_of, otherwise
from exai_compiler.graph import Condition, Graph, Scope
from exai_compiler.graph.bindings import bind_condition
from exai_runtime.local.conditions import is_true
from exai_specs.frozen import empty
from exai_specs.identity import Ref
from exai_specs.kinds import ParameterFields
from exai_specs.types import Scalar

TYPES = {"n": "integer", "m": "integer", "x": "double", "t": "string", "b": "boolean"}
GRAPH = Graph(
    Ref("Pipeline", "p"),
    empty(),
    empty(),
    Scope(empty(), empty()),
    MappingProxyType({k: ParameterFields(type=Scalar(v)) for k, v in TYPES.items()}),
)
VALUES = {"n": 3.0, "m": 4.0, "x": 3.5, "t": "it's && ||", "b": True}


def condition(text: str) -> Condition:
    found = bind_condition(f"${{{{ {text} }}}}")
    assert isinstance(found, Condition)
    return found


def v(name: str) -> str:
    return f"inputs.parameter_values['pipelinechannel--{name}']"


@pytest.mark.parametrize(
    ("text", "rendered", "holds"),
    [
        ("parameters.b", f"{v('b')} == true", True),
        ("not parameters.b", f"!({v('b')} == true)", False),
        ("parameters.n > 2", f"int({v('n')}) > 2", True),
        ("parameters.n >= parameters.m", f"int({v('n')}) >= int({v('m')})", False),
        ("parameters.n < 3.5", f"{v('n')} < 3.5", True),
        ("parameters.x < 4", f"{v('x')} < 4.0", True),
        ("parameters.n < parameters.x", f"{v('n')} < {v('x')}", True),
        ("parameters.t == 'a && b'", f"{v('t')} == 'a && b'", False),
        ("parameters.t != ''", f"{v('t')} != ''", True),
        ("parameters.b == false", f"{v('b')} == false", False),
        ("true", "true", True),
        ("-1 < parameters.n", f"-1 < int({v('n')})", True),
        (
            "parameters.b and parameters.n == 3 and not (parameters.x > 9)",
            f"{v('b')} == true && int({v('n')}) == 3 && !({v('x')} > 9.0)",
            True,
        ),
        (
            "(parameters.b or parameters.n == 3) and parameters.n == 1",
            f"({v('b')} == true || int({v('n')}) == 3) && int({v('n')}) == 1",
            False,
        ),
        (
            "parameters.b or parameters.n == 3 and parameters.n == 1",
            f"{v('b')} == true || (int({v('n')}) == 3 && int({v('n')}) == 1)",
            True,
        ),
        ("not (parameters.b and parameters.n == 1)", None, True),
        ("not not parameters.b", None, True),
        ("(parameters.n > 1) == parameters.b", None, True),
    ],
)
def test_what_is_rendered_and_what_it_decides(text: str, rendered: str | None, holds: bool) -> None:
    found = condition_of(GRAPH, condition(text))
    assert rendered is None or found == rendered
    assert is_true(found, {f"pipelinechannel--{k}": value for k, value in VALUES.items()}) is holds


def test_ways_exclude_those_before() -> None:
    first, second = condition("parameters.n == 1 or parameters.b"), condition("parameters.n == 2")
    either = f"int({v('n')}) == 1 || {v('b')} == true"
    assert condition_of(GRAPH, second, first) == f"!({either}) && int({v('n')}) == 2"
    assert condition_of(GRAPH, first, second) == f"!(int({v('n')}) == 2) && ({either})"
    assert otherwise(GRAPH, (first, second)) == f"!({either}) && !(int({v('n')}) == 2)"


@pytest.mark.parametrize("text", ["", "x", "1 +", "(1", "1 2", "int 3", "true && ", "'open"])
def test_what_nobody_renders_is_refused(text: str) -> None:
    values: dict[str, Any] = {}
    with pytest.raises(ValueError, match="can't be read"):
        is_true(text, values)
