"""The columns that arrive somewhere, with the places that say their types.

In: a project, the graphs of its pipelines, what FeatureServices give. Out: the `Columns` of a
table. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.checks.texts import Path
from exai_compiler.columns import Table, declared_columns
from exai_compiler.feature_views import Used
from exai_compiler.graph import Graph
from exai_compiler.project import Project
from exai_specs.diagnostics import Span
from exai_specs.frozen import Json
from exai_specs.kinds import DatasetSpec
from exai_specs.kinds.outputs import MadeColumn
from exai_specs.parse import Spec
from exai_specs.types import Type
from exai_specs.values import frozen

Dataset = tuple[Spec, DatasetSpec]


@frozen
class Column:
    """A column of data: its type, the values that it may have if they are few, and the document
    and path that declare it.
    """

    type: Type
    enum: tuple[Json, ...]
    spec: Spec
    path: Path

    @property
    def at(self) -> Span:
        """Where it is declared; looked up for what is wrong alone."""
        return self.spec.key_at(*self.path)


@frozen
class Columns:
    """The columns of one table: the dataset's, or those that a step declares at a place of its
    own document; and those that a FeatureService added. `known`: whether that is all of them.
    """

    project: Project
    dataset: Dataset | None
    declared: Mapping[str, MadeColumn]
    declared_at: tuple[Spec, Path] | None
    added: Used | None
    known: bool

    @property
    def names(self) -> tuple[str, ...]:
        own = self.dataset[1].schema if self.dataset else self.declared
        return (*own, *(self.added.columns if self.added else ()))

    def __contains__(self, name: object) -> bool:
        own = self.dataset[1].schema if self.dataset else self.declared
        return name in own or (self.added is not None and name in self.added.columns)

    def type_of(self, name: str) -> Type | None:
        """The type of a column, for who doesn't ask where it is declared."""
        own = self.dataset[1].schema if self.dataset else self.declared
        if (column := own.get(name)) is not None:
            return column.type
        feature = self.added.columns.get(name) if self.added is not None else None
        return feature.type if feature is not None else None

    def get(self, name: str) -> Column | None:
        """A column, with the place that says its type."""
        if self.dataset is not None and (found := _of_data(*self.dataset, name)) is not None:
            return found
        made = self.declared.get(name)
        if made is not None and self.declared_at is not None:
            spec, path = self.declared_at
            return Column(made.type, made.enum, spec, (*path, name))
        feature = self.added.columns.get(name) if self.added is not None else None
        if feature is None:
            return None
        if (source := dataset(self.project, feature.dataset)) is not None:
            return _of_data(*source, name)
        view = self.project.find("FeatureView", feature.view)
        return Column(feature.type, (), view, ("spec", "schema", name)) if view else None


def columns(
    project: Project, graphs: Mapping[str, Graph], services: Mapping[str, Used], table: Table
) -> Columns:
    """Those of a table."""
    data = dataset(project, table.dataset)
    place: tuple[Spec, Path] | None = None
    if table.made is not None:
        pipeline, step, output = table.made
        base = graphs[pipeline].steps[step].path
        spec = project.specs[graphs[pipeline].pipeline]
        place = spec, (*base, "outputs", output, "columns")
    return Columns(
        project=project,
        dataset=data,
        declared=declared_columns(graphs, table),
        declared_at=place,
        added=services.get(table.service),
        known=(data is not None or place is not None)
        and (not table.service or table.service in services),
    )


def dataset(project: Project, name: str) -> Dataset | None:
    """The document of a Dataset, with its body."""
    found = project.find("Dataset", name) if name else None
    if found is None or not isinstance(found.body, DatasetSpec):
        return None
    return found, found.body


def _of_data(spec: Spec, body: DatasetSpec, name: str) -> Column | None:
    column = body.schema.get(name)
    if column is None:
        return None
    return Column(column.type, column.enum, spec, ("spec", "schema", name))
