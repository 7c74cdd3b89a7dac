"""The tree of a pipeline's steps. In: a Pipeline's document, the catalog. Out: a `Graph`.

Judges nothing. A name that stands twice is the first one's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import assert_never, cast

from exai_compiler.bodies import importer_values
from exai_compiler.bodies.run_names import run_names
from exai_compiler.catalog import Catalog
from exai_compiler.graph.bindings import (
    NO_ITEMS,
    Binding,
    Broken,
    Condition,
    Constant,
    FromStep,
    Items,
    bind,
    bind_condition,
    sources,
)
from exai_compiler.graph.components import Components
from exai_compiler.graph.containers import with_containers
from exai_compiler.graph.nodes import (
    FINALLY,
    Branch,
    Choice,
    Graph,
    Group,
    Loop,
    Node,
    Path,
    Scope,
    Step,
)
from exai_specs.documents import Document
from exai_specs.expressions import has_expression
from exai_specs.frozen import Json
from exai_specs.kinds.flow import Choose as ChooseSpec
from exai_specs.kinds.flow import Group as GroupSpec
from exai_specs.kinds.loop import ForEach
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.kinds.step import Step as StepSpec
from exai_specs.parse import Spec

AnySpec = StepSpec | GroupSpec | ChooseSpec


NO_CALLS: Mapping[str, Graph] = MappingProxyType({})


def graph(spec: Spec, catalog: Catalog, called: Mapping[str, Graph] = NO_CALLS) -> Graph:
    """The graph of a Pipeline's document; `called` are those of the pipelines that its steps name.
    Raises TypeError for any other kind.
    """
    body = spec.body
    if not isinstance(body, PipelineSpec):
        raise TypeError(f"{spec.ref} has no steps")
    builder = _Builder(catalog, spec.document, body.defaults.image, called)
    root, _ = builder.scope(body.steps, body.outputs, ("spec", "steps"), (), NO_ITEMS)
    if body.finally_ is not None:
        builder.leaf(FINALLY, body.finally_, ("spec", "finally"), (), NO_ITEMS, frozenset())
    found = Graph(
        spec.ref,
        MappingProxyType(builder.steps),
        MappingProxyType(builder.nodes),
        root,
        body.parameters,
        body.artifacts,
        *_inner(builder.steps, called),
    )
    return with_containers(found, builder.components.notebook)


def _inner(
    steps: Mapping[str, Step], called: Mapping[str, Graph]
) -> tuple[Mapping[str, Graph], int, int]:
    """The pipelines that steps are, how deep it goes, how many leaves that makes."""
    found: dict[str, Graph] = {}
    size = 0
    for step in steps.values():
        name = step.spec.pipeline
        if name is None or step.component is None:
            size += 1
            continue
        found[name] = called[name]
        size += called[name].size
    levels = 1 + max((inner.levels for inner in found.values()), default=0)
    return MappingProxyType(found), levels, size


def given_values(spec: StepSpec) -> Mapping[str, Json]:
    """What the inputs of a step are given: its `with`, or what its `import` says."""
    if spec.import_ is None:
        return spec.with_
    return {name: text for name, (_, text) in importer_values(spec.import_).items()}


class _Builder:
    """Goes through the steps once, from the outside in; a scope is made after what is in it."""

    def __init__(
        self, catalog: Catalog, document: Document, image: str | None, called: Mapping[str, Graph]
    ) -> None:
        self.components = Components(catalog, document, image, called)
        self.steps: dict[str, Step] = {}
        self.nodes: dict[str, Node] = {}
        self._names: set[str] = set()

    def scope(
        self,
        specs: Mapping[str, AnySpec],
        outputs: Mapping[str, str],
        path: Path,
        within: tuple[str, ...],
        items: Items,
    ) -> tuple[Scope, set[str]]:
        """A scope, and the names of all steps that anything in it refers to."""
        known = frozenset(specs)
        nodes: dict[str, Node] = {}
        read: set[str] = set()
        for name, spec in specs.items():
            nodes[name], names = self._node(name, spec, (*path, name), within, items, known)
            read |= names
        bound = {name: bind(value, items) for name, value in outputs.items()}
        return Scope(MappingProxyType(nodes), MappingProxyType(bound)), read

    def leaf(
        self,
        name: str,
        spec: StepSpec,
        path: Path,
        within: tuple[str, ...],
        items: Items,
        known: frozenset[str],
    ) -> tuple[Step, set[str]]:
        """A leaf, and the names of all steps that it refers to; `known` are those beside it."""
        first = self._is_first(name)
        condition = bind_condition(spec.if_, items) if spec.if_ is not None else None
        loop, inner = None, items
        if spec.for_each is not None:
            loop, inner = _loop(name if first else "", spec.for_each, items)
        inputs = {key: bind(value, inner) for key, value in given_values(spec).items()}
        names = run_names(spec)
        read = _steps_in(inputs.values()).union(spec.after)
        if names or condition is not None or loop is not None:  # few steps have any
            named = [bind(each.text, inner) for each in names if has_expression(each.text)]
            read |= _steps_in((*named, *_decisive(condition, loop)))
        step = Step(
            name=name,
            spec=spec,
            component=self.components.of(spec, path),
            inputs=MappingProxyType(inputs),
            needs=tuple(sorted(known & read)),
            path=path,
            within=within,
            condition=condition,
            loop=loop,
            items=inner,
            names=names,
        )
        if first:
            self.steps[name] = self.nodes[name] = step
        return step, read

    def _is_first(self, name: str) -> bool:
        """Whether no other step was met that has this name."""
        first = name not in self._names
        self._names.add(name)
        return first

    def _node(
        self,
        name: str,
        spec: AnySpec,
        path: Path,
        within: tuple[str, ...],
        items: Items,
        known: frozenset[str],
    ) -> tuple[Node, set[str]]:
        match spec:
            case StepSpec():
                return self.leaf(name, spec, path, within, items, known)
            case GroupSpec():
                return self._group(name, spec, path, within, items, known)
            case ChooseSpec():
                return self._choice(name, spec, path, within, items, known)
        assert_never(spec)

    def _group(
        self,
        name: str,
        spec: GroupSpec,
        path: Path,
        within: tuple[str, ...],
        items: Items,
        known: frozenset[str],
    ) -> tuple[Node, set[str]]:
        first = self._is_first(name)
        condition = bind_condition(spec.if_, items) if spec.if_ is not None else None
        loop, inner = None, items
        if spec.for_each is not None:
            loop, inner = _loop(name if first else "", spec.for_each, items)
        scope, inside = self.scope(
            spec.steps, spec.outputs, (*path, "steps"), (*within, name), inner
        )
        read = _steps_in(_decisive(condition, loop)).union(spec.after, inside)
        needs = tuple(sorted(known & read))
        group = Group(name, spec, scope, needs, path, within, condition, loop)
        if first:
            self.nodes[name] = group
        return group, read

    def _choice(
        self,
        name: str,
        spec: ChooseSpec,
        path: Path,
        within: tuple[str, ...],
        items: Items,
        known: frozenset[str],
    ) -> tuple[Node, set[str]]:
        first = self._is_first(name)
        read = set(spec.after)
        branches: list[Branch] = []
        for index, way in enumerate(spec.choose):
            here: Path = (*path, "choose", index)
            made = f"{name}-{index + 1}"
            condition = bind_condition(way.if_, items) if way.if_ is not None else None
            scope, inside = self.scope(
                way.steps, way.outputs, (*here, "steps"), (*within, name, made), items
            )
            read |= _steps_in(_decisive(condition, None)) | inside
            branches.append(Branch(made, condition, scope, here))
        needs = tuple(sorted(known & read))
        choice = Choice(name, spec, tuple(branches), needs, path, within)
        if first:
            self.nodes[name] = choice
        return choice, read


def _loop(name: str, spec: ForEach, items: Items) -> tuple[Loop, Items]:
    """The loop, and the items that are seen inside; of a loop whose name is taken, of no type."""
    loop = Loop(bind(spec.in_, items), spec.as_, spec.parallelism or 0)
    return loop, MappingProxyType({**items, spec.as_: name})


def _decisive(
    condition: Condition | Broken | None, loop: Loop | None
) -> tuple[Binding | Condition, ...]:
    """What decides whether, and how often, something runs."""
    conditions = (condition,) if condition is not None else ()
    return (*conditions, loop.items) if loop is not None else conditions


def _steps_in(bindings: Iterable[Binding | Condition]) -> set[str]:
    found: set[str] = set()
    for binding in bindings:
        # The usual cases by exact type: every input of every step passes here.
        kind = type(binding)
        if kind is FromStep:
            found.add(cast(FromStep, binding).step)
        elif kind is not Constant:
            found.update([each.step for each in sources(binding) if isinstance(each, FromStep)])
    return found
