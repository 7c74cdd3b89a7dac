"""The inputs that say where a model's columns come from: which the compiler alone can tell.

In: a resolved project, a graph, a step. Out: bindings; None where nothing is to be said. Never a
null in a struct: KFP's local runner refuses them.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.backends.kfp.values import Document
from exai_compiler.columns import Table, flow_in, texts
from exai_compiler.component_columns import TRAINS
from exai_compiler.feature_views import used
from exai_compiler.graph import Binding, Constant, Frame, Step, made_by
from exai_compiler.inlined import type_of
from exai_compiler.meaning import meanings_behind
from exai_compiler.resolved import Resolved
from exai_specs.frozen import Json, freeze
from exai_specs.kinds import DatasetSpec, ModelSpec, Signature


def features(resolved: Resolved, service: str) -> Binding:
    """A FeatureService as load-features gets it. Raises ValueError for what the checks refuse."""
    from exai_compiler.features import subset

    return Document(freeze(subset(resolved.project, resolved.catalog, service)))


def timestamp(resolved: Resolved, frame: Frame, step: Step) -> Binding:
    """The column that says when each row of `data` was true; "" when its Dataset names none."""
    found = resolved.project.body(DatasetSpec, _table(resolved, frame, step).dataset)
    return Constant(found.timestamp if found is not None else "")


def feature_service(resolved: Resolved, frame: Frame, step: Step) -> Binding | None:
    """What a model remembers of the feature service that its data comes from."""
    training = TRAINS.get(step.component.name) if step.component is not None else None
    columns = texts(step.inputs.get(training.features)) if training is not None else ()
    found = remembered(resolved, _table(resolved, frame, step).service, columns)
    return Document(freeze(found)) if found else None


def remembered(resolved: Resolved, service: str, columns: tuple[str, ...]) -> Mapping[str, Json]:
    """Of the columns that a model takes (all, if none are told) those that are features; the views
    behind them with what they mean today, and what a request has to hold for them.
    """
    gives = used(resolved.project, service, columns or None) if service else None
    if gives is None or not gives.features:
        return {}
    return {
        "service": service,
        "views": meanings_behind(resolved.project, resolved.catalog, gives),
        "columns": {name: feature.reference for name, feature in sorted(gives.columns.items())},
        "entities": {column: type_of(type_) for column, type_ in gives.keys.items()},
        "request": {column: type_of(type_) for column, type_ in gives.request.items()},
    }


def signature(
    resolved: Resolved, frame: Frame, step: Step, model: ModelSpec | None
) -> Binding | None:
    """What a model of a user's own step takes and gives, as its Model says; a model of exai's own
    steps says it itself.
    """
    declared = own_signature(frame, step, model)
    if declared is None or model is None:
        return None
    found: Json = {
        "task": model.task,
        "target": next(iter(declared.outputs)),
        "columns": tuple(
            {"name": name, "type": type_of(type_), "nullable": True}
            for name, type_ in declared.inputs.items()
        ),
        "feature_service": remembered(resolved, declared.features or "", tuple(declared.inputs)),
    }
    return Document(freeze(found))


def own_signature(frame: Frame, step: Step, model: ModelSpec | None) -> Signature | None:
    """The Model's signature, if the model that this step is given comes from a user's own step."""
    if model is None or model.signature is None:
        return None
    made = step.inputs.get("model")
    maker = next((placed.step for placed in made_by(frame, made)), None)
    own = maker is None or maker.component is None or maker.component.name not in TRAINS
    return model.signature if own else None


def _table(resolved: Resolved, frame: Frame, step: Step) -> Table:
    return flow_in(resolved.project, resolved.graphs, frame).table(step.inputs.get("data"))
