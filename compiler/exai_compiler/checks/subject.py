"""What every rule looks at: the project with everything that is worked out once for all of them.

In: what `survey` worked out. Out: a `Subject`, and what is asked of one. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain

from exai_compiler.catalog import Catalog
from exai_compiler.checks.containers import containers
from exai_compiler.checks.mentions import Mention
from exai_compiler.checks.occurrences import Occurrence
from exai_compiler.checks.reads import Read
from exai_compiler.checks.tables import Columns, Dataset, dataset
from exai_compiler.checks.texts import Path
from exai_compiler.checks.trained import Trained
from exai_compiler.columns import Flow, Signature, Table
from exai_compiler.feature_views import Used
from exai_compiler.graph import Graph, Source, Step
from exai_compiler.makers import Maker
from exai_compiler.project import Project
from exai_specs.diagnostics import Span
from exai_specs.identity import Ref
from exai_specs.kinds import (
    Env,
    Environment,
    ServiceSpec,
)
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
        return chain(flowing(self.all_steps, self.flows), self.trials)

    def leaves_of(self, components: Collection[str]) -> Iterator[Leaf]:
        """Those of components of these names."""
        trials = (each for each in self.trials if component_name(each[1]) in components)
        return chain(flowing(self.steps_of(components), self.flows), trials)

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


def component_name(step: Step) -> str:
    return step.component.name if step.component is not None else ""


def flowing(steps: Iterable[Placed], flows: Mapping[str, Flow]) -> Iterator[Leaf]:
    """Of a pipeline, the columns are what flows there."""
    for spec, graph, step in steps:
        yield spec, step, partial(_arriving, flows[graph.pipeline.name], step)


def _arriving(flow: Flow, step: Step, port: str) -> Table:
    return flow.table(step.inputs.get(port))
