"""What every rule looks at: the project with everything that is worked out once for all of them.

In: a project, the catalog. Out: a `Subject`. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from types import MappingProxyType

from exai_compiler.catalog import Catalog
from exai_compiler.checks.mentions import Mention, mentions
from exai_compiler.checks.occurrences import Occurrence, occurrences
from exai_compiler.checks.texts import Path, texts_with
from exai_compiler.columns import Flow, Maker, Table, declared_columns, flows_of, makers, text
from exai_compiler.feature_views import Used, used
from exai_compiler.graph import Graph, Step
from exai_compiler.graphs import graphs_of
from exai_compiler.project import Project, local
from exai_compiler.tuning.trial import step_of
from exai_specs.diagnostics import Span
from exai_specs.frozen import Json
from exai_specs.kinds import (
    DatasetSpec,
    Env,
    Environment,
    FeatureServiceSpec,
    LLMServiceSpec,
    NotebookSpec,
    PipelineSpec,
    ProjectSpec,
    RuntimeSpec,
    ServiceSpec,
    TuningSpec,
)
from exai_specs.kinds.pods import InitContainer
from exai_specs.kinds.servers import ContainerFields, NodeFields, SpecFields
from exai_specs.parse import Spec
from exai_specs.types import Type
from exai_specs.values import frozen

# Every text that somebody may expand holds this: `${{`, `{{$`, `{{.`
BRACES = "{{"


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
class Subject:
    """`graphs` and `flows` by pipeline, `environments` and `makers` (who registers a model) by
    name, `services` (what a FeatureService gives) by name, `references` of inputs by pipeline and
    step, `mentions` (all other references) by pipeline;
    `braced` are all texts that hold `{{`.
    """

    project: Project
    catalog: Catalog
    graphs: Mapping[str, Graph]
    flows: Mapping[str, Flow]
    makers: Mapping[str, tuple[Maker, ...]]
    environments: Mapping[str, Environment]
    services: Mapping[str, Used]
    references: Mapping[tuple[str, str], tuple[Occurrence, ...]]
    mentions: Mapping[str, tuple[Mention, ...]]
    braced: tuple[tuple[Spec, Path, str], ...]

    def dataset(self, name: str) -> tuple[Spec, DatasetSpec] | None:
        """The document of a Dataset, with its body."""
        found = self.project.find("Dataset", name) if name else None
        if found is None or not isinstance(found.body, DatasetSpec):
            return None
        return found, found.body

    def is_known(self, table: Table) -> bool:
        """Whether all columns of a table are known."""
        dataset = self.project.find("Dataset", table.dataset)
        known = dataset is not None or table.made is not None
        return known and (not table.service or table.service in self.services)

    def names(self, table: Table) -> tuple[str, ...]:
        """The columns of a table: the dataset's or the step's, and those that a FeatureService
        added.
        """
        dataset = self.dataset(table.dataset)
        own = dataset[1].schema if dataset else declared_columns(self.graphs, table)
        added = self.services.get(table.service)
        return (*own, *(added.columns if added else ()))

    def column(self, table: Table, name: str) -> Column | None:
        """A column of a table, with the place that says its type."""
        dataset = self.dataset(table.dataset)
        if dataset is not None and name in dataset[1].schema:
            return _declared(*dataset, name)
        made = declared_columns(self.graphs, table).get(name)
        if made is not None and table.made is not None:
            pipeline, step, output = table.made
            spec = self.project.specs[self.graphs[pipeline].pipeline]
            base = self.graphs[pipeline].steps[step].path
            here: Path = (*base, "outputs", output, "columns", name)
            return Column(made.type, made.enum, spec, here)
        added = self.services.get(table.service)
        feature = added.columns.get(name) if added is not None else None
        if feature is None:
            return None
        if (source := self.dataset(feature.dataset)) is not None:
            return _declared(*source, name)
        view = self.project.find("FeatureView", feature.view)
        path = ("spec", "schema", name)
        return Column(feature.type, (), view, path) if view is not None else None

    def steps(self) -> Iterator[tuple[Spec, Graph, Step]]:
        """Every step of every pipeline, with its document."""
        for graph_ in self.graphs.values():
            spec = self.project.specs[graph_.pipeline]
            for step in graph_.steps.values():
                yield spec, graph_, step

    def leaves(self) -> Iterator[tuple[Spec, Step, Callable[[str], Table]]]:
        """Every step, and every trial as the step that it is, with its document and what tells the
        columns that an input gets: a trial's are those of the Dataset that it names.
        """
        for spec, graph_, step in self.steps():
            yield spec, step, partial(_arriving, self.flows[graph_.pipeline.name], step)
        for spec, tuning in self.project.bodies(TuningSpec):
            if (trial := step_of(tuning.trial, self.catalog)) is not None:
                yield spec, trial, partial(_loaded, trial)

    def wanted_at(self, graph: Graph, step: Step, port: str) -> tuple[tuple[str, Span], ...]:
        """Where a pipeline that is called says what it takes: the other end of a call."""
        inner = graph.inside(step)
        if inner is None or port not in {**inner.parameters, **inner.artifacts}:
            return ()
        field = "artifacts" if port in inner.artifacts else "parameters"
        place = self.project.specs[inner.pipeline].key_at("spec", field, port)
        return ((f"`{port}` of {inner.pipeline}", place),)

    def variables(self) -> Iterator[tuple[Spec, Path, Env]]:
        """Every block of environment variables, with its document and its path there."""
        for spec, path, block in self.containers():
            yield spec, (*path, "env"), block.env
        for spec, runtime in self.project.bodies(RuntimeSpec):
            if runtime.adapters is not None and runtime.adapters.built_in is not None:
                yield spec, ("spec", "adapters", "builtIn", "env"), runtime.adapters.built_in.env
        for spec, pipeline in self.project.bodies(PipelineSpec):
            yield spec, ("spec", "defaults", "env"), pipeline.defaults.env
            for step in self.graphs[spec.ref.name].steps.values():
                yield spec, (*step.path, "env"), step.spec.env
        for spec, tuning in self.project.bodies(TuningSpec):
            yield spec, ("spec", "trial", "env"), tuning.trial.env

    def models(self) -> Iterator[tuple[Spec, Path, str]]:
        """Every reference of a service to a Model, with its document and its path there."""
        for spec, service in self.project.bodies(ServiceSpec):
            for path, reference in service.references:
                yield spec, path, reference

    def containers(self) -> Iterator[tuple[Spec, Path, ContainerFields | InitContainer]]:
        """Every container of a server that a document speaks of, with its path there."""
        for spec, service in self.project.bodies(ServiceSpec):
            yield from _pod(spec, ("spec",), service)
            if service.transformer is not None:
                yield from _pod(spec, ("spec", "transformer"), service.transformer)
            if service.explainer is not None:
                yield from _pod(spec, ("spec", "explainer"), service.explainer)
        for spec, runtime in self.project.bodies(RuntimeSpec):
            yield from _pod(spec, ("spec",), runtime)
        for spec, notebook in self.project.bodies(NotebookSpec):
            yield from _pod(spec, ("spec",), notebook)
        for spec, llm in self.project.bodies(LLMServiceSpec):
            for path, block in llm.pods:
                yield from _pod(spec, path, block)

    def occurrences(self, graph: Graph, step: Step) -> tuple[Occurrence, ...]:
        """Every reference in the inputs of a step."""
        return self.references[graph.pipeline.name, step.name]


def _arriving(flow: Flow, step: Step, port: str) -> Table:
    return flow.table(step.inputs.get(port))


def _loaded(trial: Step, port: str) -> Table:
    return Table(text(trial.inputs.get(port)))


def _pod(
    spec: Spec, path: Path, block: NodeFields
) -> Iterator[tuple[Spec, Path, ContainerFields | InitContainer]]:
    yield spec, path, block
    for name, beside in block.sidecars.items():
        yield spec, (*path, "sidecars", name), beside
    for name, before in block.init_containers.items() if isinstance(block, SpecFields) else ():
        yield spec, (*path, "initContainers", name), before


def _declared(spec: Spec, body: DatasetSpec, name: str) -> Column:
    column = body.schema[name]
    return Column(column.type, column.enum, spec, ("spec", "schema", name))


def subject(
    project: Project, catalog: Catalog, environments: Collection[str] | None = None
) -> Subject:
    """`environments` limits what is judged by environment; None means every declared one."""
    graphs = graphs_of(project, catalog)
    root = project.root.body
    declared = root.environments if isinstance(root, ProjectSpec) else {}
    known = dict(declared) or {"local": local()}
    if environments is not None and "local" in environments:
        known.setdefault("local", local())
    return Subject(
        project=project,
        catalog=catalog,
        graphs=graphs,
        flows=flows_of(project, graphs),
        makers=makers(graphs),
        environments=MappingProxyType(
            {k: v for k, v in sorted(known.items()) if environments is None or k in environments}
        ),
        services=MappingProxyType(
            {
                spec.ref.name: gives
                for spec, _ in project.bodies(FeatureServiceSpec)
                if (gives := used(project, spec.ref.name)) is not None
            }
        ),
        references=MappingProxyType(
            {
                (name, step.name): tuple(occurrences(step))
                for name, value in graphs.items()
                for step in value.steps.values()
            }
        ),
        mentions=MappingProxyType({name: tuple(mentions(value)) for name, value in graphs.items()}),
        braced=tuple(
            (spec, path, text)
            for spec in project.all
            for path, text in texts_with(BRACES, spec.document.value)
        ),
    )
