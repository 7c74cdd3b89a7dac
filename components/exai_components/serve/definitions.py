"""What a registry says of the features that a model needs.

In: Feast's store, the name of a FeatureService. Out: which views to read by which keys, which
transforms to run; a `Failure` when something isn't there or is of another type than the model's.
Reads the registry itself, never its cache; never reads a value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from exai_components.feature_store.kinds import kind_of
from exai_components.feature_store.rows import stored_views
from exai_components.feature_store.transforms import request_of, wanted_of
from exai_components.feature_store.view_columns import Columns, columns_of
from exai_components.model_file import ModelColumn
from exai_components.serve.failure import Failure
from exai_components.serve.needs import Needs, Reference
from exai_components.serve.values import listed
from exai_components.serve.wire import datatype_of

_APPLY = "Apply the project's features first; then this service"


@dataclass(frozen=True, slots=True)
class Reading:
    """One look into a view, for all rows of a request at once."""

    view: Any
    columns: Columns
    features: tuple[str, ...]
    kinds: Mapping[str, Any]
    ttl: timedelta | None

    @property
    def name(self) -> str:
        return str(self.view.name)


@dataclass(frozen=True, slots=True)
class Definitions:
    """`kinds`: the entity keys and the request's columns by name; `keys`: which are keys."""

    readings: tuple[Reading, ...]
    transforms: tuple[Any, ...]
    sources: Mapping[str, tuple[Reference, ...]]
    kinds: Mapping[str, Any]
    keys: tuple[str, ...]


class Registry:
    """One look at a registry."""

    def __init__(self, store: Any) -> None:
        self.views = stored_views(store)
        self.transforms = {view.name: view for view in store.list_on_demand_feature_views()}
        self.services = {service.name: service for service in store.list_feature_services()}

    def offered(self, service: str) -> tuple[Reference, ...]:
        """The features of a service, in its order."""
        if service not in self.services:
            known = f"it has {listed(sorted(self.services))}" if self.services else "it has none"
            raise Failure(
                "unknown-feature-service",
                f"the feature registry has no service {service}, {known}",
                _APPLY,
            )
        return tuple(
            (str(projection.name), str(field.name))
            for projection in self.services[service].feature_view_projections
            for field in projection.features
        )

    def define(self, needs: Needs) -> Definitions:
        """How the needed features are had; `Failure` when they can't be."""
        wanted: dict[str, dict[str, None]] = {}
        used: dict[str, Any] = {}
        for need in needs.looked_up:
            view = self.views.get(need.view) or self.transforms.get(need.view)
            _check(need.column, need.view, need.feature, view)
            if need.view in self.transforms:
                used[need.view] = view
            else:
                wanted.setdefault(need.view, {})[need.feature] = None
        sources: dict[str, tuple[Reference, ...]] = {}
        for name, transform in used.items():
            taken = wanted_of(transform)
            sources[name] = tuple((view, one) for view, names in taken.items() for one in names)
            for view, feature in sources[name]:
                _check(None, view, feature, self.views.get(view))
                wanted.setdefault(view, {})[feature] = None
        readings = tuple(_reading(self.views[name], tuple(some)) for name, some in wanted.items())
        keys: dict[str, Any] = {}
        for reading in readings:
            keys |= {name: reading.kinds[name] for name in reading.columns.keys}
        request: dict[str, Any] = {}
        for transform in used.values():
            request |= request_of(transform)
        return Definitions(
            readings, tuple(used.values()), sources, {**keys, **request}, tuple(keys)
        )


def _reading(view: Any, features: Sequence[str]) -> Reading:
    kinds = {field.name: kind_of(field.dtype) for field in (*view.entity_columns, *view.features)}
    return Reading(view, columns_of(view), tuple(features), kinds, view.ttl or None)


def _check(column: ModelColumn | None, name: str, feature: str, view: Any) -> None:
    if view is None:
        raise Failure("missing-view", f"the feature registry has no view {name}", _APPLY)
    field = next((field for field in view.features if field.name == feature), None)
    if field is None:
        known = listed([field.name for field in view.features])
        raise Failure(
            "missing-feature",
            f"the view {name} has no feature {feature} in the registry, it has {known}",
            _APPLY,
        )
    kind = kind_of(field.dtype)
    of_view = datatype_of(ModelColumn(feature, kind if isinstance(kind, str) else "json"))
    if column is not None and datatype_of(column) != of_view:
        raise Failure(
            "feature-type-changed",
            f"{name}:{feature} is a {kind} in the registry, and the model takes a {column.type}",
            "Train the model again on the features as they are now",
        )
