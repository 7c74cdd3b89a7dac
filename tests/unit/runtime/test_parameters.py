"""`-p NAME=VALUE`: types, enums, unknown names, and what never reaches KFP."""

from __future__ import annotations

from typing import Any

import pytest

from exai_compiler.catalog import Limit
from exai_compiler.checks.demands import EACH, Amount, Demand, Has, OneOf, Rule, Typed, Within
from exai_runtime.parameters import given
from exai_specs.diagnostics import Span
from exai_specs.documents import read
from exai_specs.frozen import thaw
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.parse import Spec, parse
from exai_specs.types import Scalar

TEXT = b"""\
apiVersion: exai.dev/v1alpha1
kind: Pipeline
metadata: {name: p}
spec:
  parameters:
    needed: string
    ntrees: {type: integer, default: 20, enum: [20, 50]}
    rate: {type: double, default: 0.1}
    flag: {type: boolean, default: false}
    text: {type: string, default: a}
    sizes: {type: {list: integer}, default: [1]}
    options: {type: {struct: {depth: integer}}, default: {depth: 1}}
    maybe: {type: string, optional: true}
    rows: {type: {list: {struct: {a: integer, b: integer}}}, default: []}
    any: {type: list, default: []}
  steps:
    load: {uses: load-dataset, with: {dataset: iris}}
"""


@pytest.fixture(scope="module")
def pipeline() -> PipelineSpec:
    (document,), problems = read(TEXT, "specs/p.yaml")
    assert not problems
    spec = parse(document)
    assert isinstance(spec, Spec), spec
    assert isinstance(spec.body, PipelineSpec)
    return spec.body


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("ntrees=50", 50),
        ("ntrees=50.0", 50),
        ("rate=1", 1),
        ("rate=1e-3", 0.001),
        ("flag=true", True),
        ("text=20", "20"),
        ("text=a=b", "a=b"),
        ("text=", ""),
        ("text=null", "null"),
        ("sizes=[1, 2]", [1, 2]),
        ('options={"depth": 3}', {"depth": 3}),
    ],
)
def test_values_have_the_declared_type(pipeline: PipelineSpec, cell: str, value: Any) -> None:
    values, problems = given(pipeline, "p", ("needed=x", cell))
    assert problems == ()
    name = cell.partition("=")[0]
    assert thaw(values[name]) == value
    assert type(thaw(values[name])) is type(value)
    assert set(values) == {"needed", name}, "defaults are the pipeline's business"


@pytest.mark.parametrize(
    ("cell", "code", "said"),
    [
        ("ntree=50", "unknown-parameter", 'did you mean "ntrees"?'),
        ("ntrees=30", "wrong-parameter", "one of 20, 50"),
        ("ntrees=1.5", "wrong-parameter", "a whole number"),
        ("ntrees=true", "wrong-parameter", "a whole number"),
        ("ntrees=", "wrong-parameter", "a whole number"),
        ("rate=NaN", "wrong-parameter", "a number"),
        ("flag=yes", "wrong-parameter", "true or false"),
        ("sizes=1", "wrong-parameter", "a list"),
        ('sizes=["a"]', "wrong-parameter", "[0] must be a whole number"),
        ("sizes=[9007199254740993]", "wrong-parameter", "2^53"),
        ('options={"deep": 3}', "wrong-parameter", "isn't one of depth"),
        ("options=" + "[" * 100000, "wrong-parameter", "a mapping"),
        ("text={{$.inputs}}", "wrong-parameter", "KFP would expand"),
        ("ntrees", "bad-parameter", "NAME=VALUE"),
        ("=1", "bad-parameter", "NAME=VALUE"),
    ],
)
def test_what_is_wrong_is_said(pipeline: PipelineSpec, cell: str, code: str, said: str) -> None:
    values, (problem,) = given(pipeline, "p", ("needed=x", cell))
    assert problem.code == code
    assert said in f"{problem.message} {problem.hint}"
    assert set(values) == {"needed"}


def test_all_problems_at_once(pipeline: PipelineSpec) -> None:
    _, problems = given(pipeline, "p", ("ntrees=x", "rate=1", "rate=2", "nope=1"))
    assert [problem.code for problem in problems] == [
        "wrong-parameter",
        "bad-parameter",
        "unknown-parameter",
        "missing-parameter",
    ]
    assert "`needed`" in problems[-1].message


def test_a_value_is_never_repeated(pipeline: PipelineSpec) -> None:
    _, problems = given(pipeline, "p", ("ntrees=hunter2", "flag=hunter2", "hunter=hunter2"))
    assert len(problems) == 4
    assert "hunter2" not in "".join(problem.message + problem.hint for problem in problems)


PLACE = (("the loop", Span("specs/p.yaml", 1, 1)),)


@pytest.mark.parametrize(
    ("rule", "inner", "cell", "says"),
    [
        (Amount("memory"), (), "needed=banana", "`needed` is no amount of memory"),
        (Has("b", "m.b"), (EACH,), 'rows=[{"b": 1}, {"a": 1}]', "`rows`[1] has no `b`"),
        (Within("test", "split", Limit(above=0, below=1)), (), "rate=5", "must be above 0"),
        (OneOf("x", "Pipeline/q", ("a", "b")), (), "text=c", "isn't one of the values"),
        (Typed("x", Scalar("integer")), (EACH,), 'any=[1, "hunter2"]', "`any`[1] must be a whole"),
    ],
)
def test_what_a_use_refuses_is_said_at_the_command(
    pipeline: PipelineSpec, rule: Rule, inner: tuple[str, ...], cell: str, says: str
) -> None:
    name = cell.partition("=")[0]
    asked = {name: (Demand(rule, inner, PLACE),)}
    cells = (cell,) if name == "needed" else ("needed=x", cell)
    values, (problem,) = given(pipeline, "p", cells, asked)
    assert name not in values
    assert problem.code == "wrong-parameter"
    assert says in problem.message
    assert problem.hint
    assert problem.related == PLACE
    assert "hunter2" not in f"{problem.message} {problem.hint}"


def test_what_a_use_takes_is_taken(pipeline: PipelineSpec) -> None:
    asked = {
        "needed": (Demand(Amount("cpu"), (), PLACE),),
        "rows": (Demand(Has("a", "m.a"), (EACH,), PLACE),),
    }
    values, problems = given(pipeline, "p", ("needed=500m", 'rows=[{"a": 1}]'), asked)
    assert problems == ()
    assert set(values) == {"needed", "rows"}
