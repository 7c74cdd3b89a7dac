"""A pipeline as a tree of scopes: steps, groups of steps, choices between groups.

Values only. Judges nothing: two steps of one name, or a reference to one that isn't seen from
there, are in the tree as they are written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from exai_compiler.bodies import importer_values
from exai_compiler.bodies.run_names import RunName
from exai_compiler.catalog import Component
from exai_compiler.graph.bindings import (
    Binding,
    Broken,
    Condition,
    Constant,
    FromItem,
    FromStep,
    Items,
    sources,
)
from exai_specs.frozen import empty
from exai_specs.identity import Ref
from exai_specs.kinds.flow import Choose as ChooseSpec
from exai_specs.kinds.flow import Group as GroupSpec
from exai_specs.kinds.parameter import ParameterFields
from exai_specs.kinds.step import Step as StepSpec
from exai_specs.types import Type
from exai_specs.values import field, frozen

Path = tuple[str | int, ...]

FINALLY = "finally"
"""The name of the step in `finally`; no other step can have it."""


@frozen
class Loop:
    """`forEach`: the list, what its item is called inside, how many at a time (0: all)."""

    items: Binding
    name: str
    parallelism: int


@frozen
class Step:
    """One leaf. `component` is None when `uses` names nothing, `python` nothing readable, or a
    container is given what has no type; of a called pipeline, its interface.

    `needs` are the steps and groups of its own scope that it waits for, sorted: those that it
    takes something from, and those in `after`. `path` is where it stands in the document; `within`
    are the names of the groups and branches around it, the outermost first. `items`
    are the loops whose items it sees, its own included, by what each item is called. `names` are
    its texts outside `with` that a run may give.
    """

    name: str
    spec: StepSpec
    component: Component | None
    inputs: Mapping[str, Binding]
    needs: tuple[str, ...]
    path: Path
    within: tuple[str, ...] = ()
    condition: Condition | Broken | None = None
    loop: Loop | None = None
    items: Items = field(default_factory=empty)
    names: tuple[RunName, ...] = field(default=(), repr=False, compare=False)

    def input_at(self, port: str, *inner: str | int) -> Path:
        """Where an input's value stands in the document."""
        if self.spec.import_ is None:
            return (*self.path, "with", port, *inner)
        return (*self.path, "import", *importer_values(self.spec.import_)[port][0], *inner)

    @property
    def is_own(self) -> bool:
        """Whether the user's own code runs in it, of which only its interface is known."""
        if self.spec.body == "pipeline":
            return False
        return self.spec.body != "uses" or self.spec.component_file != ""


@frozen
class Scope:
    """Steps that see each other, in the order of the file, and what of them is seen outside."""

    nodes: Mapping[str, Node]
    outputs: Mapping[str, Binding]


@frozen
class Group:
    """`steps: {...}` as a step."""

    name: str
    spec: GroupSpec
    scope: Scope
    needs: tuple[str, ...]
    path: Path
    within: tuple[str, ...]
    condition: Condition | Broken | None
    loop: Loop | None


@frozen
class Branch:
    """One way of a choice. Its name is made: `<choice>-<number>`, from 1."""

    name: str
    condition: Condition | Broken | None
    scope: Scope
    path: Path


@frozen
class Choice:
    """`choose: [...]` as a step."""

    name: str
    spec: ChooseSpec
    branches: tuple[Branch, ...]
    needs: tuple[str, ...]
    path: Path
    within: tuple[str, ...]

    @property
    def has_else(self) -> bool:
        """Whether one of its ways is always taken."""
        return self.branches[-1].condition is None


Node = Step | Group | Choice


@frozen
class Graph:
    """`steps` are all leaves at any depth in the order of the file, `finally` as the last;
    `nodes` leaves, groups and choices alike. `root` is the pipeline's own scope, without `finally`.
    `called` are the pipelines that its steps are, by name; `levels` how deep they go, itself
    included, `size` how many leaves there are in all of them.
    """

    pipeline: Ref
    steps: Mapping[str, Step]
    nodes: Mapping[str, Node]
    root: Scope
    parameters: Mapping[str, ParameterFields]
    artifacts: Mapping[str, Type] = field(default_factory=empty)
    called: Mapping[str, Graph] = field(default_factory=empty)
    levels: int = 1
    size: int = 0

    @property
    def calls(self) -> tuple[tuple[Step, Graph], ...]:
        """The steps that are other pipelines, those with an interface; with the pipelines."""
        if not self.called:
            return ()
        steps = [s for s in self.steps.values() if s.spec.pipeline is not None and s.component]
        return tuple([(step, self.called[step.spec.pipeline or ""]) for step in steps])

    def inside(self, step: Step) -> Graph | None:
        """The pipeline that a step is; None for a leaf."""
        if step.spec.pipeline is None or step.component is None:
            return None
        return self.called.get(step.spec.pipeline)

    @property
    def last(self) -> Step | None:
        """The step that runs whatever happened to the others."""
        return self.steps.get(FINALLY)

    def origins(self, source: Binding | None) -> tuple[FromStep, ...]:
        """The outputs of leaves that a source stands for: of a choice, one for each branch; of an
        item, those that its list comes from. Empty for what no leaf makes.
        """
        match source:
            case FromStep(step, output):
                return _origins(self.nodes.get(step), output)
            case FromItem(name, _, ""):
                node = self.nodes.get(name)
                # The list of a loop is made outside of it: so this comes to an end.
                loop = node.loop if isinstance(node, Step | Group) else None
                return self.origins(loop.items) if loop is not None else ()
            case _:
                return ()

    def makers(self, binding: Binding | Condition | None) -> tuple[Step, ...]:
        """The leaves that anything in a value or a condition comes from."""
        # The usual cases by exact type: this is asked of every input of every step.
        if isinstance(binding, Constant):
            return ()
        if isinstance(binding, FromStep) and (step := self.steps.get(binding.step)) is not None:
            return (step,)
        origins = [origin for source in sources(binding) for origin in self.origins(source)]
        names = dict.fromkeys(origin.step for origin in origins)
        return tuple([self.steps[name] for name in names if name in self.steps])


def _origins(node: Node | None, output: str) -> tuple[FromStep, ...]:
    if isinstance(node, Step):
        return (FromStep(node.name, output),)
    found: dict[FromStep, None] = {}
    for scope in scopes(node):
        binding = scope.outputs.get(output)
        if isinstance(binding, FromStep) and binding.step in scope.nodes:
            found.update(dict.fromkeys(_origins(scope.nodes[binding.step], binding.output)))
    return tuple(found)


def scopes(node: Node | None) -> tuple[Scope, ...]:
    """The scopes inside a node: none in a leaf, one in a group, several in a choice."""
    match node:
        case Group(scope=scope):
            return (scope,)
        case Choice(branches=branches):
            return tuple(branch.scope for branch in branches)
        case _:
            return ()


def outputs_of(node: Node) -> Collection[str] | None:
    """The names of what a step or group hands on; None for a step that nobody knows."""
    if isinstance(node, Step):
        return node.component.outputs.keys() if node.component is not None else None
    return frozenset(name for scope in scopes(node) for name in scope.outputs)
