"""The command `data preview`: the first rows of a dataset and figures of its columns, as the source
has them now. Changes nothing.
"""

from __future__ import annotations

import time
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exai_compiler.inlined import READER, fields_of
from exai_runtime.beside_mistakes import environment_to_ask, is_whole
from exai_runtime.compiling import check_project, environment_for
from exai_runtime.data_results import ColumnFigures, Preview
from exai_runtime.local.paths import Paths
from exai_runtime.local.questions import Failure, Question, ask
from exai_runtime.workspace import load
from exai_specs.diagnostics import Diagnostic, Span, in_order
from exai_specs.frozen import freeze
from exai_specs.identity import Ref
from exai_specs.kinds import DatasetSpec, SqlSource
from exai_specs.parse import Spec

SECONDS = 600.0  # for a table that is looked at as a whole
NOWHERE = Span("")  # what is wrong stands on the command line, not in a file


def preview(root: Path, environment: str, dataset: str, rows: int) -> Preview:
    """Look at a dataset of this project: `rows` of its rows, and figures of all of them. Mistakes
    in other documents are nothing to it."""
    started = time.monotonic()
    checked = check_project(load(root), environment)
    ref = Ref("Dataset", dataset)
    asks = is_whole(checked, environment, ref)
    found, problems = (environment_to_ask if asks else environment_for)(checked, environment)

    def refused(*why: Diagnostic) -> Preview:
        seconds = time.monotonic() - started
        sources = checked.loaded.sources
        return Preview(dataset, environment, "", 0, (), (), seconds, in_order(why), sources)

    project = checked.project
    if found is None or project is None:
        # Its own answer has no warnings of the rest of the project, nor has this one.
        return refused(*(problem for problem in problems if problem.severity == "error"))
    spec = project.specs.get(ref)
    if spec is None or not isinstance(spec.body, DatasetSpec):
        names = [ref.name for ref in project.specs if ref.kind == "Dataset"]
        close = get_close_matches(dataset, names, 1)
        hint = (
            f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(names) or 'none'}"
        )
        what = f"there is no Dataset `{dataset}`"
        return refused(Diagnostic("unknown-dataset", what, NOWHERE, hint=hint))
    body = spec.body
    connection = body.source.connection if isinstance(body.source, SqlSource) else ""
    if connection and connection not in found.connections:
        what = f"environment `{environment}` has no connection `{connection}`"
        hint = f"add it under `connections` of `{environment}`"
        at = spec.at("spec", "source", "sql", "connection")
        return refused(Diagnostic("connection-missing", what, at, hint=hint))
    masked = tuple(name for name, column in body.schema.items() if column.pii)
    question = Question(
        dataset,
        "preview",
        fields_of(dataset, body, READER),
        connection,
        MappingProxyType({"rows": rows, "masked": masked}),
    )
    answer = ask(Paths(root.absolute(), environment), found, (question,), SECONDS)[dataset]
    if isinstance(answer, Failure):
        at = spec.at("spec", "source")
        what = f"{spec.ref}: {answer.message}"
        return refused(Diagnostic(answer.code, what, at, hint=answer.hint))
    return _preview(spec, body, environment, answer.value, time.monotonic() - started)


def _preview(spec: Spec, body: DatasetSpec, environment: str, told: Any, seconds: float) -> Preview:
    """The answer as a value, with the columns in the order of the spec."""
    figures = [_figures(one) for one in told["columns"]]
    shown = [one.name for one in figures if one.declared and one.there]
    order = [name for name in body.schema if name in shown]
    places = [shown.index(name) for name in order]
    by_name = {one.name: one for one in figures if one.declared}
    declared = [by_name[name] for name in body.schema if name in by_name]
    return Preview(
        dataset=spec.ref.name,
        environment=environment,
        where=told["where"],
        rows=told["rows"],
        columns=(*declared, *(one for one in figures if not one.declared)),
        sample=tuple(tuple(freeze(row[at]) for at in places) for row in told["sample"]),
        seconds=seconds,
        diagnostics=(),
    )


def _figures(told: dict[str, Any]) -> ColumnFigures:
    return ColumnFigures(
        name=told["name"],
        declared=told["declared"],
        found=told["found"],
        source=told["source"],
        there=told["there"],
        fits=told.get("fits", True),
        masked=told.get("masked", False),
        nulls=told.get("nulls", 0),
        distinct=told.get("distinct", 0),
        more=told.get("more", False),
        least=freeze(told.get("least")),
        most=freeze(told.get("most")),
    )
