"""What every rule looks at: the project with everything that is worked out once for all of them.

In: a project, the catalog. Out: a `Subject`. Judges nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache, partial
from itertools import chain
from types import MappingProxyType

from exai_compiler.bodies.presence import named
from exai_compiler.catalog import Catalog
from exai_compiler.checks.containers import containers, variables
from exai_compiler.checks.mentions import Mention, mentions
from exai_compiler.checks.occurrences import Occurrence
from exai_compiler.checks.reads import Read, read
from exai_compiler.checks.tables import Columns, Dataset, columns, dataset
from exai_compiler.checks.texts import Path, words_with
from exai_compiler.checks.trained import Trained, trainings
from exai_compiler.columns import Flow, Signature, Table, flows_of, text
from exai_compiler.component_columns import TRAINS
from exai_compiler.feature_views import Used, used
from exai_compiler.graph import Constant, Graph, Source, Step
from exai_compiler.graphs import graphs_of
from exai_compiler.makers import Maker, makers
from exai_compiler.makers import trained as trained_on
from exai_compiler.project import Project, local
from exai_compiler.tuning.trial import step_of
from exai_specs.diagnostics import Span
from exai_specs.identity import Ref
from exai_specs.kinds import (
    Env,
    Environment,
    FeatureServiceSpec,
    ManifestSpec,
    PipelineSpec,
    ProjectSpec,
    ServiceSpec,
    TuningSpec,
)
from exai_specs.kinds.patches import patches_of
from exai_specs.kinds.pods import InitContainer
from exai_specs.kinds.servers import ContainerFields
from exai_specs.parse import Spec
from exai_specs.values import frozen

# The body of a step whose `uses` names a file.
FILE = "file"

# Every text that somebody may expand holds this: `${{`, `{{$`, `{{.`
BRACES = "{{"


Leaf = tuple[Spec, Step, Callable[[str], Table]]
"""A step with its document and what tells the columns that an input gets."""

Placed = tuple[Spec, Graph, Step]
"""A step with its document and its graph."""

Referring = tuple[Spec, Graph, Occurrence]
"""A reference in an input of a step, with the document and the graph."""

Reference = tuple[Spec, Step, str, str]
"""A document's name, as written in an input of a step of this document."""


@frozen
class Subject:
    """`graphs` and `flows` by pipeline, `environments` and `makers` (who registers a model) by
    name, `services` (what a FeatureService gives) by name, `mentions` (the references in fields
    that are one expression) and `reads` (every reference at all) by pipeline, `columns` those of a
    table; `all_steps` of all pipelines, `trials` as the steps that they are, `trained` of both,
    those that train; `env` has every block of variables; `braced` are all texts that hold `{{`,
    `braced_keys` the documents with such a key; `objects` those that hold objects of Kubernetes, or
    parts of such, with their path.

    `by_component`, `by_body`: the steps of each component ("": of none that is known), and those of
    each kind of body, `FILE` for a component in a file; `naming`: the containers and components
    whose arguments name inputs, which none of exai's own has; `by_source`, `by_ref`: the references
    to each kind of source, and to each kind of document; `nested`: the graphs of more than plain
    steps. Most rules are about few of them: what there is none of costs nothing.
    """

    project: Project
    catalog: Catalog
    graphs: Mapping[str, Graph]
    flows: Mapping[str, Flow]
    makers: Mapping[str, tuple[Maker, ...]]
    signatures: Mapping[tuple[str, str], Signature | None]
    environments: Mapping[str, Environment]
    services: Mapping[str, Used]
    mentions: Mapping[str, tuple[Mention, ...]]
    reads: Mapping[str, Read]
    columns: Callable[[Table], Columns]
    all_steps: tuple[Placed, ...]
    by_component: Mapping[str, tuple[Placed, ...]]
    by_body: Mapping[str, tuple[Placed, ...]]
    naming: tuple[Placed, ...]
    by_source: Mapping[type[Source], tuple[Referring, ...]]
    by_ref: Mapping[str, tuple[Reference, ...]]
    nested: tuple[Graph, ...]
    trials: tuple[Leaf, ...]
    trained: tuple[Trained, ...]
    env: tuple[tuple[Spec, Path, Env], ...]
    braced: tuple[tuple[Spec, Path, str], ...]
    braced_keys: frozenset[Ref]
    objects: tuple[tuple[Spec, Path], ...]

    def dataset(self, name: str) -> Dataset | None:
        """The document of a Dataset, with its body."""
        return dataset(self.project, name)

    def signature(self, maker: Maker) -> Signature | None:
        """What the model that a step registers was trained on."""
        return self.signatures[maker.graph.pipeline.name, maker.step.name]

    def steps(self) -> tuple[Placed, ...]:
        """Every step of every pipeline, with its document."""
        return self.all_steps

    def steps_of(self, components: Iterable[str]) -> Iterator[Placed]:
        """The steps of components of these names."""
        for name in components:
            yield from self.by_component.get(name, ())

    def referring(self, *sources: type[Source]) -> Iterator[Referring]:
        """Every reference in the inputs of steps to one of these kinds of sources."""
        for source in sources:
            yield from self.by_source.get(source, ())

    def leaves(self) -> Iterator[Leaf]:
        """Every step, and every trial as the step that it is."""
        return chain(_leaves(self.all_steps, self.flows), self.trials)

    def leaves_of(self, components: Collection[str]) -> Iterator[Leaf]:
        """Those of components of these names."""
        trials = (each for each in self.trials if _named(each[1]) in components)
        return chain(_leaves(self.steps_of(components), self.flows), trials)

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
        return self.reads[graph.pipeline.name].occurrences.get(step.name, ())


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
    reads = {
        spec.ref.name: read(graphs[spec.ref.name], body)
        for spec, body in project.bodies(PipelineSpec)
    }
    makes = makers(graphs)
    # Many rules ask for the columns of the same few tables.
    columns_of = cache(partial(columns, project, graphs, services))
    by_component, by_body = _by(steps, _named), _by(steps, _body)
    braced, braced_keys = _braced(project)
    training = (each for name in TRAINS for each in by_component.get(name, ()))
    return Subject(
        project=project,
        catalog=catalog,
        graphs=graphs,
        flows=flows,
        makers=makes,
        signatures={
            (each.graph.pipeline.name, each.step.name): trained_on(
                each, flows[each.graph.pipeline.name]
            )
            for registering in makes.values()
            for each in registering
        },
        environments=MappingProxyType(
            {k: v for k, v in sorted(known.items()) if environments is None or k in environments}
        ),
        services=services,
        mentions={name: tuple(mentions(each.fields)) for name, each in reads.items()},
        reads=MappingProxyType(reads),
        columns=columns_of,
        all_steps=steps,
        by_component=by_component,
        by_body=by_body,
        naming=tuple(_naming(*(by_body.get(body, ()) for body in ("image", FILE, "uses")))),
        by_source=_by_source(project, graphs, reads),
        by_ref=_by_ref(steps),
        nested=tuple(graph for graph in graphs.values() if not _is_flat(graph)),
        trials=trials,
        trained=tuple(trainings(chain(_leaves(training, flows), trials), columns_of)),
        env=tuple(variables(project, steps)),
        braced=braced,
        braced_keys=braced_keys,
        objects=tuple(_objects(project)),
    )


def _braced(project: Project) -> tuple[tuple[tuple[Spec, Path, str], ...], frozenset[Ref]]:
    """The texts of all documents that hold two braces, and the documents with such a key."""
    found: list[tuple[Spec, Path, str]] = []
    keyed: set[Ref] = set()
    for spec in project.all:
        if spec.document.may_hold(BRACES):
            for path, text, is_key in words_with(BRACES, spec.document.kept):
                if is_key:
                    keyed.add(spec.ref)
                else:
                    found.append((spec, path, text))
    return tuple(found), frozenset(keyed)


def _objects(project: Project) -> Iterator[tuple[Spec, Path]]:
    for spec in project.specs.values():
        if isinstance(spec.body, ManifestSpec):
            yield spec, ("spec", "manifest")
        elif patches_of(spec.body):
            yield spec, ("spec", "patches")


def _steps(project: Project, graphs: Mapping[str, Graph]) -> Iterator[Placed]:
    for graph in graphs.values():
        spec = project.specs[graph.pipeline]
        for step in graph.steps.values():
            yield spec, graph, step


def _by(steps: Iterable[Placed], key: Callable[[Step], str]) -> Mapping[str, tuple[Placed, ...]]:
    found: defaultdict[str, list[Placed]] = defaultdict(list)
    for each in steps:
        found[key(each[2])].append(each)
    return MappingProxyType({name: tuple(placed) for name, placed in found.items()})


def _by_source(
    project: Project, graphs: Mapping[str, Graph], reads: Mapping[str, Read]
) -> Mapping[type[Source], tuple[Referring, ...]]:
    found: defaultdict[type[Source], list[Referring]] = defaultdict(list)
    for name, each_read in reads.items():
        graph = graphs[name]
        spec = project.specs[graph.pipeline]
        for occurrences in each_read.occurrences.values():
            for each in occurrences:
                found[type(each.source)].append((spec, graph, each))
    return MappingProxyType({kind: tuple(referring) for kind, referring in found.items()})


def _by_ref(steps: Iterable[Placed]) -> Mapping[str, tuple[Reference, ...]]:
    found: defaultdict[str, list[Reference]] = defaultdict(list)
    for spec, _, step in steps:
        for port, kind in step.component.refs.items() if step.component is not None else ():
            binding = step.inputs.get(port)
            if isinstance(binding, Constant) and isinstance(binding.value, str):
                found[kind].append((spec, step, port, binding.value))
    return MappingProxyType({kind: tuple(named) for kind, named in found.items()})


def _is_flat(graph: Graph) -> bool:
    """Whether there are steps alone, as in most pipelines: none in a group, a choice or `finally`,
    or with an `if` or a loop."""
    return len(graph.root.nodes) == len(graph.nodes) == len(graph.steps) and not any(
        step.within or step.condition is not None or step.loop is not None
        for step in graph.steps.values()
    )


def _named(step: Step) -> str:
    return step.component.name if step.component is not None else ""


def _body(step: Step) -> str:
    return FILE if step.spec.component_file else step.spec.body


def _naming(*steps: Iterable[Placed]) -> Iterator[Placed]:
    known: dict[int, bool] = {}  # by identity: the hash of a component is worked out in Python
    for placed in chain(*steps):
        component = placed[2].component
        if component is None:
            continue
        if (found := known.get(id(component))) is None:
            found = known[id(component)] = bool(named(component))
        if found:
            yield placed


def _leaves(steps: Iterable[Placed], flows: Mapping[str, Flow]) -> Iterator[Leaf]:
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
