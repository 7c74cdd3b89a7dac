"""What every rule looks at: the project with everything that is worked out once for all of them.

In: a project, the catalog. Out: a `Subject`. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from itertools import chain
from types import MappingProxyType

from exai_compiler.catalog import Catalog
from exai_compiler.checks.containers import containers, variables
from exai_compiler.checks.mentions import Field, Mention, fields, mentions
from exai_compiler.checks.occurrences import Occurrence, occurrences
from exai_compiler.checks.reads import Read, read
from exai_compiler.checks.tables import Columns, Dataset, columns, dataset
from exai_compiler.checks.texts import Path, texts_with
from exai_compiler.checks.trained import Trained, trainings
from exai_compiler.columns import Flow, Maker, Table, flows_of, makers, text
from exai_compiler.feature_views import Used, used
from exai_compiler.graph import Graph, Step
from exai_compiler.graphs import graphs_of
from exai_compiler.project import Project, local
from exai_compiler.tuning.trial import step_of
from exai_specs.diagnostics import Span
from exai_specs.kinds import (
    Env,
    Environment,
    FeatureServiceSpec,
    PipelineSpec,
    ProjectSpec,
    ServiceSpec,
    TuningSpec,
)
from exai_specs.kinds.pods import InitContainer
from exai_specs.kinds.servers import ContainerFields
from exai_specs.parse import Spec
from exai_specs.values import frozen

# Every text that somebody may expand holds this: `${{`, `{{$`, `{{.`
BRACES = "{{"


Leaf = tuple[Spec, Step, Callable[[str], Table]]
"""A step with its document and what tells the columns that an input gets."""


@frozen
class Subject:
    """`graphs` and `flows` by pipeline, `environments` and `makers` (who registers a model) by
    name, `services` (what a FeatureService gives) by name, `references` of inputs by pipeline and
    step, `fields` that are one expression, `mentions` (the references there) and `reads` (every
    reference at all) by pipeline;
    `all_steps` of all pipelines, `trials` as the steps that they are, `trained` of both, those
    that train; `env` has every block of variables; `braced` are all texts that hold `{{`.
    """

    project: Project
    catalog: Catalog
    graphs: Mapping[str, Graph]
    flows: Mapping[str, Flow]
    makers: Mapping[str, tuple[Maker, ...]]
    environments: Mapping[str, Environment]
    services: Mapping[str, Used]
    references: Mapping[tuple[str, str], tuple[Occurrence, ...]]
    fields: Mapping[str, tuple[Field, ...]]
    mentions: Mapping[str, tuple[Mention, ...]]
    reads: Mapping[str, Read]
    all_steps: tuple[tuple[Spec, Graph, Step], ...]
    trials: tuple[Leaf, ...]
    trained: tuple[Trained, ...]
    env: tuple[tuple[Spec, Path, Env], ...]
    braced: tuple[tuple[Spec, Path, str], ...]

    def dataset(self, name: str) -> Dataset | None:
        """The document of a Dataset, with its body."""
        return dataset(self.project, name)

    def columns(self, table: Table) -> Columns:
        """The columns of a table."""
        return columns(self.project, self.graphs, self.services, table)

    def steps(self) -> tuple[tuple[Spec, Graph, Step], ...]:
        """Every step of every pipeline, with its document."""
        return self.all_steps

    def leaves(self) -> Iterator[Leaf]:
        """Every step, and every trial as the step that it is."""
        return chain(_leaves(self.all_steps, self.flows), self.trials)

    def wanted_at(self, graph: Graph, step: Step, port: str) -> tuple[tuple[str, Span], ...]:
        """Where a pipeline that is called says what it takes: the other end of a call."""
        return wanted_at(self.project, graph, step, port)

    def models(self) -> Iterator[tuple[Spec, Path, str]]:
        """Every reference of a service to a Model, with its document and its path there."""
        for spec, service in self.project.bodies(ServiceSpec):
            for path, reference in service.references:
                yield spec, path, reference

    def variables(self) -> tuple[tuple[Spec, Path, Env], ...]:
        """Every block of environment variables, with its document and its path there."""
        return self.env

    def containers(self) -> Iterator[tuple[Spec, Path, ContainerFields | InitContainer]]:
        """Every container of a server that a document speaks of, with its path there."""
        return containers(self.project)

    def occurrences(self, graph: Graph, step: Step) -> tuple[Occurrence, ...]:
        """Every reference in the inputs of a step."""
        return self.references.get((graph.pipeline.name, step.name), ())


def wanted_at(
    project: Project, graph: Graph, step: Step, port: str
) -> tuple[tuple[str, Span], ...]:
    """Where a pipeline that is called says what it takes; nothing for any other step."""
    inner = graph.inside(step)
    if inner is None or port not in {**inner.parameters, **inner.artifacts}:
        return ()
    field = "artifacts" if port in inner.artifacts else "parameters"
    place = project.specs[inner.pipeline].key_at("spec", field, port)
    return ((f"`{port}` of {inner.pipeline}", place),)


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
    flows = flows_of(project, graphs)
    services = MappingProxyType(
        {
            spec.ref.name: gives
            for spec, _ in project.bodies(FeatureServiceSpec)
            if (gives := used(project, spec.ref.name)) is not None
        }
    )
    steps = tuple(_steps(project, graphs))
    trials = tuple(_trials(project, catalog))
    found = MappingProxyType({name: tuple(fields(value)) for name, value in graphs.items()})
    return Subject(
        project=project,
        catalog=catalog,
        graphs=graphs,
        flows=flows,
        makers=makers(graphs),
        environments=MappingProxyType(
            {k: v for k, v in sorted(known.items()) if environments is None or k in environments}
        ),
        services=services,
        references=MappingProxyType(
            {
                (graph.pipeline.name, step.name): referring
                for _, graph, step in steps
                if (referring := tuple(occurrences(step)))
            }
        ),
        fields=found,
        mentions=MappingProxyType({name: tuple(mentions(each)) for name, each in found.items()}),
        reads=MappingProxyType(
            {
                spec.ref.name: read(graphs[spec.ref.name], body, found[spec.ref.name])
                for spec, body in project.bodies(PipelineSpec)
            }
        ),
        all_steps=steps,
        trials=trials,
        trained=tuple(
            trainings(
                chain(_leaves(steps, flows), trials), partial(columns, project, graphs, services)
            )
        ),
        env=tuple(variables(project, steps)),
        braced=tuple(
            (spec, path, text)
            for spec in project.all
            for path, text in texts_with(BRACES, spec.document.value)
        ),
    )


def _steps(project: Project, graphs: Mapping[str, Graph]) -> Iterator[tuple[Spec, Graph, Step]]:
    for graph in graphs.values():
        spec = project.specs[graph.pipeline]
        for step in graph.steps.values():
            yield spec, graph, step


def _leaves(
    steps: tuple[tuple[Spec, Graph, Step], ...], flows: Mapping[str, Flow]
) -> Iterator[Leaf]:
    """Of a pipeline, the columns are what flows there."""
    for spec, graph, step in steps:
        yield spec, step, partial(_arriving, flows[graph.pipeline.name], step)


def _trials(project: Project, catalog: Catalog) -> Iterator[Leaf]:
    """Of a trial, they are those of the Dataset that it names."""
    for spec, tuning in project.bodies(TuningSpec):
        if (trial := step_of(tuning.trial, catalog)) is not None:
            yield spec, trial, partial(_loaded, trial)


def _arriving(flow: Flow, step: Step, port: str) -> Table:
    return flow.table(step.inputs.get(port))


def _loaded(trial: Step, port: str) -> Table:
    return Table(text(trial.inputs.get(port)))
