"""The inputs that the compiler gives, so that nobody writes a fact twice.

In: a resolved project, a graph, a step. Out: bindings. A component says in its `exai.dev/filled`
annotation which of its inputs these are, and in `exai.dev/refs` which name a document; a step gets
of a document exactly what its component asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from exai_compiler.backends.kfp.filled_features import (
    feature_service,
    features,
    own_signature,
    signature,
    timestamp,
)
from exai_compiler.backends.kfp.values import Document
from exai_compiler.catalog import Component
from exai_compiler.graph import (
    Binding,
    Constant,
    Frame,
    FromParameter,
    Step,
    constant_of,
    everything,
    made_by,
)
from exai_compiler.inlined import inlined, wanted_by
from exai_compiler.resolved import Resolved
from exai_specs.frozen import Json
from exai_specs.kinds.model import ModelSpec
from exai_specs.kinds.pipeline import PipelineSpec

DATA_VERSIONS = "exai_data_versions"

# The root's reserved inputs (DESIGN section 6), set at submission. Empty means: the run's own id.
RESERVED: Mapping[str, Json] = MappingProxyType(
    {
        DATA_VERSIONS: MappingProxyType(
            {"parameterType": "STRUCT", "isOptional": True, "defaultValue": MappingProxyType({})}
        ),
        "exai_run_key": MappingProxyType(
            {"parameterType": "STRING", "isOptional": True, "defaultValue": ""}
        ),
    }
)
_OF_THE_RUN = tuple((name, FromParameter(name)) for name in RESERVED)

Registered = Mapping[tuple[str, str], tuple[str, ...]]
"""Names of models, by the frame and the name of the step that makes what is registered."""


class _Given(NamedTuple):
    """What an input is filled from. `models` are those that something of the step's is registered
    as, with their names.
    """

    resolved: Resolved
    frame: Frame
    step: Step
    models: tuple[tuple[str, ModelSpec], ...]


def complete(
    resolved: Resolved, frame: Frame, step: Step, registered: Registered | None = None
) -> Mapping[str, Binding]:
    """All inputs of a step: as written, documents inlined, and those that the compiler fills.
    `registered` is what `registrations` says of the run, for who asks about many steps of it.
    """
    if registered is None:
        registered = registrations(frame)
    component = step.component
    if component is None:
        raise ValueError(f"{frame.graph.pipeline} step {step.name} uses no known component")
    bindings = dict(step.inputs)
    for name, kind in component.refs.items():
        if isinstance(named := bindings.get(name), Constant):
            bindings[name] = _inlined(resolved, component, kind, named)
    for name, parameter in _OF_THE_RUN:
        if name in component.inputs:
            bindings[name] = parameter
    if component.filled:
        given = _Given(resolved, frame, step, tuple(_models(resolved, frame, step, registered)))
        for name in component.filled:
            fill = FILLED.get(name) if name in component.inputs else None
            if fill is not None and (binding := fill(given)) is not None:
                bindings[name] = binding
    return bindings


def _inlined(resolved: Resolved, component: Component, kind: str, named: Constant) -> Binding:
    match kind:
        case "FeatureService":
            return features(resolved, str(named.value))
        case "Dataset":
            return Document(inlined(resolved.project, str(named.value), wanted_by(component)))
        case _:
            return named


def registrations(frame: Frame) -> Registered:
    """The models that something of each step's is registered as by other steps of the run; those of
    one after those of the other, by the steps' names.
    """
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for there, other in everything(frame.root):
        if names := _registered(other):
            makers = {made.key for b in other.inputs.values() for made in made_by(there, b)}
            found |= {key: (*found.get(key, ()), *names) for key in makers}
    return found


def _registered(step: Step) -> tuple[str, ...]:
    """The models that this very step registers versions of."""
    if step.component is None or step.component.effects != "writes-registry":
        return ()
    named = [step.inputs.get(port) for port, kind in step.component.refs.items() if kind == "Model"]
    values = [binding.value for binding in named if isinstance(binding, Constant)]
    return tuple([value for value in values if isinstance(value, str)])


def _models(
    resolved: Resolved, frame: Frame, step: Step, registered: Registered
) -> Iterator[tuple[str, ModelSpec]]:
    for name in (*_registered(step), *registered.get((frame.name, step.name), ())):
        model = resolved.project.find("Model", name)
        if model is not None and isinstance(model.body, ModelSpec):
            yield name, model.body


def _task(given: _Given) -> Binding:
    """The task of the model that this step's output is registered as; "" lets the step infer it."""
    tasks = {model.task for _, model in given.models}
    return Constant(tasks.pop() if len(tasks) == 1 else "")


def _champion(given: _Given) -> Binding:
    """`MODEL@ALIAS` of the version that a gate compares with; "" when no gate does."""
    for name, model in given.models:
        for _, gate in sorted(model.gates.items()):
            if gate.no_worse_than:
                return Constant(f"{name}@{gate.no_worse_than}")
    return Constant("")


def _target(given: _Given) -> Binding:
    """The `target` of the step that made one of this step's inputs, as it is bound there; of a
    user's own step, what its Model predicts."""
    frame, step = given.frame, given.step
    for _, model in given.models:
        if (declared := own_signature(frame, step, model)) is not None:
            return Constant(next(iter(declared.outputs)))
    for _name, binding in sorted(step.inputs.items()):
        for maker in made_by(frame, binding):
            # What another step makes, or an item, may not be seen from here.
            target = maker.step.inputs.get("target")
            if isinstance(target, FromParameter) and maker.frame.name == frame.name:
                return target
            if (constant := constant_of(maker.frame, target)) is not None:
                return constant
    return Constant("")


def _experiment(given: _Given) -> Binding:
    name = given.frame.root.graph.pipeline.name
    pipeline = given.resolved.project.body(PipelineSpec, name)
    return Constant((pipeline.experiment if pipeline is not None else None) or name)


def _signature(given: _Given) -> Binding | None:
    model = next((model for _, model in given.models), None)
    return signature(given.resolved, given.frame, given.step, model)


# By input; None leaves it at its default.
FILLED: Mapping[str, Callable[[_Given], Binding | None]] = MappingProxyType(
    {
        "task": _task,
        "target": _target,
        "champion": _champion,
        "experiment": _experiment,
        "timestamp": lambda given: timestamp(given.resolved, given.frame, given.step),
        "feature_service": lambda given: feature_service(given.resolved, given.frame, given.step),
        "signature": _signature,
    }
)
