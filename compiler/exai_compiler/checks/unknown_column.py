"""`unknown-column`: a column that the data at that place doesn't have; both places are shown."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean, hint_for_column
from exai_compiler.checks.tables import Columns
from exai_compiler.checks.texts import Path, under_with
from exai_compiler.columns import Made, Table
from exai_compiler.component_columns import NAMES_COLUMNS, named_columns
from exai_compiler.feature_views import lacked
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import DatasetSpec
from exai_specs.nearest import nearest
from exai_specs.parse import Spec

# The arguments of Great Expectations' expectations that name columns.
ONE_COLUMN = ("column", "column_A", "column_B")
MANY_COLUMNS = ("column_list", "column_set")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(DatasetSpec):
        for path, column in named_by(body):
            if column not in body.schema:
                yield _unknown(spec, body, column, spec.at(*path))
    for spec, step, arriving in subject.leaves_of(NAMES_COLUMNS):
        known: dict[str, tuple[Table, Columns]] = {}
        for data, path, column in named_columns(step):
            if data not in known:
                arrived = arriving(data)
                known[data] = arrived, subject.columns(arrived)
            table, columns = known[data]
            if not columns.known or column in columns or _may_come(subject, table, column):
                continue
            found, at = columns.dataset, spec.at(*under_with(step.path, *path))
            if table.service:
                yield _unknown_here(subject, table, column, at)
            elif found is not None:
                yield _unknown(*found, column, at)
            elif table.made is not None:
                yield _unknown_made(subject, table.made, column, at)


def _may_come(subject: Subject, table: Table, column: str) -> bool:
    """Whether a column may be one that a FeatureService lacks for a name in it, or in its views,
    that leads nowhere: that name is told, and nothing that comes of it."""
    if not table.service:
        return False
    lacking = lacked(subject.project, table.service)
    return lacking is None or nearest(column, lacking) is not None


def named_by(body: DatasetSpec) -> Iterator[tuple[Path, str]]:
    """Every column that a Dataset's own fields name."""
    for index, column in enumerate(body.key):
        yield ("spec", "key", index), column
    if body.timestamp:
        yield ("spec", "timestamp"), body.timestamp
    if body.created:
        yield ("spec", "created"), body.created
    for index, expectation in enumerate(body.quality.expectations):
        path: Path = ("spec", "quality", "expectations", index, expectation.name)
        for key in ONE_COLUMN:
            if isinstance(one := expectation.args.get(key), str):
                yield (*path, key), one
        for key in MANY_COLUMNS:
            if isinstance(several := expectation.args.get(key), tuple):
                for place, one in enumerate(several):
                    if isinstance(one, str):
                        yield (*path, key, place), one


def _unknown_here(subject: Subject, table: Table, column: str, at: Span) -> Diagnostic:
    """A column that neither the rows have nor a FeatureService added to them."""
    rows = f"step `{table.made[1]}`" if table.made else f"Dataset `{table.dataset}`"
    places = [
        (words, found.key_at("spec", field))
        for words, kind, name, field in (
            ("the rows' columns", "Dataset", table.dataset, "schema"),
            ("the features", "FeatureService", table.service, "features"),
        )
        if (found := subject.project.find(kind, name)) is not None
    ]
    return Diagnostic(
        "unknown-column",
        f"neither {rows} nor FeatureService `{table.service}` has a column `{column}`",
        at,
        hint=did_you_mean(column, subject.columns(table).names, "add it to one of them"),
        related=tuple(places),
    )


def _unknown_made(subject: Subject, made: Made, column: str, at: Span) -> Diagnostic:
    """A column that a step of the user's own doesn't declare."""
    pipeline, step, output = made
    graph = subject.graphs[pipeline]
    spec = subject.project.specs[graph.pipeline]
    place = spec.key_at(*graph.steps[step].path, "outputs", output, "columns")
    return Diagnostic(
        "unknown-column",
        f"step `{step}` declares no column `{column}` of its output `{output}`",
        at,
        hint=did_you_mean(column, subject.columns(Table(made=made)).names, "add it to the columns"),
        related=(("its columns are declared here", place),),
    )


def _unknown(dataset: Spec, body: DatasetSpec, column: str, at: Span) -> Diagnostic:
    return Diagnostic(
        "unknown-column",
        f"Dataset `{dataset.ref.name}` has no column `{column}`",
        at,
        hint=hint_for_column(dataset, body.schema, column),
        related=(("its columns are declared here", dataset.key_at("spec", "schema")),),
    )
