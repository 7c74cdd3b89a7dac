"""A step with work of its own: its task, its component, its executor, what Kubernetes is told.

In: a pipeline as it is run, a step, the DAG that its task is in. Out: a `Leaf`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from exai_compiler.backends.kfp.amounts import given_amounts
from exai_compiler.backends.kfp.channels import Carried, Here, carried
from exai_compiler.backends.kfp.claims import has_container
from exai_compiler.backends.kfp.components import component_label, component_spec
from exai_compiler.backends.kfp.executors import executor, image_of
from exai_compiler.backends.kfp.filled import Registered, complete, registrations
from exai_compiler.backends.kfp.inputs import BASE_IMAGE, leaves_default, placeholder, written
from exai_compiler.backends.kfp.moulds import Mould, hole, mould
from exai_compiler.backends.kfp.platform import executor_config
from exai_compiler.backends.kfp.settings import Settings, of_no_container, settings, told
from exai_compiler.backends.kfp.surroundings import surroundings
from exai_compiler.backends.kfp.tasks import Role, role, task
from exai_compiler.backends.kfp.values import Document, default_value
from exai_compiler.bodies.presence import Presence, named, presence
from exai_compiler.bodies.run_names import of_env, of_placement
from exai_compiler.catalog import Component
from exai_compiler.graph import Binding, Composed, Constant, Frame, Source, Step, bind, sources
from exai_compiler.resolved import Resolved
from exai_specs.frozen import Encoded, Json
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.values import replace


class Place(NamedTuple):
    """A pipeline as it is run: `before` is what the names of its steps begin with there, `cached`
    whether the calls around it let its steps be cached. `shared` is what all of its steps read.
    `aside` is what none of its components may be called.
    """

    resolved: Resolved
    pipeline: PipelineSpec
    frame: Frame
    before: str
    cached: bool
    shared: tuple[Binding, ...]
    registered: Registered
    aside: str

    def named(self, name: str) -> str:
        """What a task's component and executor go by: its name, after those of the calls around it.
        The SDK takes a pipeline for the component that has its name (`from_ir_dicts` in
        kfp/dsl/structures.py).
        """
        whole = self.before + name
        if whole == self.aside:
            while whole == self.aside or whole in self.frame.graph.nodes:
                whole += "-step"
        return whole


class Leaf(NamedTuple):
    """`config` is what Kubernetes is told, empty for nothing; `takes` what the task takes."""

    task: Encoded
    component: Encoded
    executor: Encoded
    config: Mapping[str, Json]
    takes: tuple[Carried, ...]


def place(
    resolved: Resolved, pipeline: PipelineSpec, frame: Frame, before: str = "", cached: bool = True
) -> Place:
    """A pipeline there."""
    shared = pipeline.defaults
    names = (*of_env(shared.env), *of_placement(shared.node_selector, shared.tolerations))
    bound = tuple([bind(name.text) for name in names])
    aside = "" if before else re.sub("-+", "-", frame.graph.pipeline.name)
    return Place(resolved, pipeline, frame, before, cached, bound, registrations(frame), aside)


class Wired(NamedTuple):
    """All that a step's rendering depends on but what it writes. `inputs` say where each comes
    from: of text or a value with references in it those, and nothing for one without; `others` are
    the references outside of its inputs, `given` those that give its image and its resources.
    """

    name: str
    component: Component
    role: Role
    how: Settings
    here: Here
    inputs: tuple[tuple[str, Binding | tuple[Source, ...]], ...]
    image: str
    given: tuple[tuple[str, Carried], ...]
    items: tuple[tuple[str, str], ...]
    others: tuple[Source, ...]
    presence: Presence


class Moulded(NamedTuple):
    """A leaf whose task is a mould."""

    task: Mould
    component: Encoded
    executor: Encoded
    takes: tuple[Carried, ...]


def leaf(there: Place, step: Step, name: str, here: Here) -> Leaf:
    """A step whose task has this name. Raises ValueError for what the checks refuse."""
    component = step.component
    if component is None:
        raise ValueError(f"{there.frame.graph.pipeline} step {step.name} uses no known component")
    resolved = there.resolved
    how = settings(there.pipeline, step)
    if not has_container(component):
        how = of_no_container(how)
    if not there.cached:
        how = replace(how, cache=False, cache_key="")
    bindings = _whole(component, complete(resolved, there.frame, step, there.registered))
    inputs, values = _apart(bindings)
    image = image_of(component, resolved.environment)
    given = given_amounts(how, step.items)
    if step.spec.image is not None and (source := _image(step)) is not None:
        image = placeholder(source)
        given = {BASE_IMAGE: source, **given}
    names = (*[bind(name.text, step.items) for name in step.names], *there.shared)
    moulded = _moulded(
        Wired(
            name=there.named(name),
            component=component,
            role=role(step, name),
            how=how,
            here=here,
            inputs=inputs,
            image=image,
            given=tuple(given.items()),
            items=tuple(step.items.items()),
            others=tuple([source for bound in names for source in sources(bound)]),
            presence=presence(there.frame.graph, component, bindings),
        )
    )
    around = told(how, surroundings(resolved, step, bindings))
    config = executor_config(around, resolved.environment, step.items, here)
    task, component_, executor_, takes = moulded
    return Leaf(task.filled(values), component_, executor_, config, takes)


def _apart(
    bindings: Mapping[str, Binding],
) -> tuple[tuple[tuple[str, Binding | tuple[Source, ...]], ...], Mapping[str, Encoded]]:
    """Where the inputs come from, and what is written of them."""
    inputs: list[tuple[str, Binding | tuple[Source, ...]]] = []
    values: dict[str, Encoded] = {}
    for port, binding in bindings.items():
        if not isinstance(binding, Constant | Composed):
            inputs.append((port, binding))
        elif not leaves_default(binding):
            inputs.append((port, sources(binding)))
            values[port] = written(binding)
    return tuple(inputs), values


@lru_cache(maxsize=4096)
def _moulded(wired: Wired) -> Moulded:
    """What all steps share that are wired so. Most pipelines of a project have some like those of
    others, which differ in what they write."""
    component, given, items = wired.component, dict(wired.given), dict(wired.items)
    bindings = {p: hole(b) if isinstance(b, tuple) else b for p, b in wired.inputs}
    read = [source for bound in bindings.values() for source in sources(bound)]
    label = component_label(wired.name)
    found = task(wired.role, label, component, wired.how, bindings, wired.here, given)
    return Moulded(
        task=mould(found),
        component=component_spec(wired.name, component),
        executor=executor(component, wired.image, wired.how, items, wired.presence),
        takes=(*carried((*read, *wired.others)), *given.values()),
    )


def _whole(component: Component, bindings: Mapping[str, Binding]) -> Mapping[str, Binding]:
    """With the defaults of inputs that the arguments name: KFP's driver fills arguments before it
    has looked at defaults, and fails then (2.17.0, kubeflow/pipelines#14175).
    """
    left = [name for name in named(component) if name not in bindings]
    own = {
        name: Document(default_value(component.inputs[name]))
        for name in left
        if component.inputs[name].default is not None
    }
    return {**bindings, **own} if own else bindings


def _image(step: Step) -> Carried | None:
    """What gives a step's image in a run; None for one that is written."""
    given = bind(step.spec.image, step.items) if step.spec.image is not None else None
    return next(iter(carried(sources(given))), None)
