"""What every rule looks at, worked out once for all of them.

In: a project, the catalog, environments' names. Out: a `Subject`. Judges nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache, partial
from itertools import chain
from types import MappingProxyType

from exai_compiler.bodies.presence import named
from exai_compiler.catalog import Catalog
from exai_compiler.checks.containers import variables
from exai_compiler.checks.mentions import mentions
from exai_compiler.checks.reads import Read, read
from exai_compiler.checks.subject import (
    BRACES,
    FILE,
    Leaf,
    Placed,
    Reference,
    Referring,
    Subject,
    component_name,
    flowing,
)
from exai_compiler.checks.tables import columns
from exai_compiler.checks.texts import Path, words_with
from exai_compiler.checks.trained import trainings
from exai_compiler.columns import Table, flows_of, text
from exai_compiler.component_columns import TRAINS
from exai_compiler.feature_views import used
from exai_compiler.graph import Constant, Graph, Source, Step
from exai_compiler.graphs import graphs_of
from exai_compiler.makers import makers
from exai_compiler.makers import trained as trained_on
from exai_compiler.project import Project, local
from exai_compiler.tuning.trial import step_of
from exai_specs.identity import Ref
from exai_specs.kinds import FeatureServiceSpec, ManifestSpec, PipelineSpec, ProjectSpec, TuningSpec
from exai_specs.kinds.patches import patches_of
from exai_specs.parse import Spec


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
    by_component, by_body = _by(steps, component_name), _by(steps, _body)
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
        trained=tuple(trainings(chain(flowing(training, flows), trials), columns_of)),
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


def _trials(project: Project, catalog: Catalog) -> Iterator[Leaf]:
    """Of a trial, they are those of the Dataset that it names."""
    for spec, tuning in project.bodies(TuningSpec):
        if (trial := step_of(tuning.trial, catalog)) is not None:
            yield spec, trial, partial(_loaded, trial)


def _loaded(trial: Step, port: str) -> Table:
    return Table(text(trial.inputs.get(port)))
