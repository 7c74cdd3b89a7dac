"""Which columns of a model are looked up, and which ones a request holds.

In: a model's signature, or what a predictor and a FeatureService say. Out: frozen `Needs`.
Pure: no Feast, no server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exai_components.model_file import ModelColumn, ModelFile
from exai_components.serve.failure import Failure
from exai_components.serve.values import listed

Reference = tuple[str, str]  # view, feature


@dataclass(frozen=True, slots=True)
class Need:
    """A column of the model that comes from a feature of a view."""

    column: ModelColumn
    view: str
    feature: str


@dataclass(frozen=True, slots=True)
class Needs:
    """The model's columns: those that are looked up, and its `own`, which a request holds."""

    looked_up: tuple[Need, ...]
    own: tuple[ModelColumn, ...]

    def views(self) -> dict[str, str]:
        """The view of each column that is looked up."""
        return {need.column.name: need.view for need in self.looked_up}


def needs_of(signature: ModelFile, service: str, offered: Sequence[Reference]) -> Needs:
    """By the references that the model remembers; `Failure` when `service` doesn't offer one."""
    remembered: Mapping[str, Any] = signature.features.get("columns") or {}
    if not remembered:
        raise Failure(
            "not-trained-on-features",
            f"the model wasn't trained on features, and the service takes those of {service}",
            "Train it with load-features, or take `features` out of the Service",
        )
    looked_up, own = [], []
    for column in signature.columns:
        if column.name not in remembered:
            own.append(column)
            continue
        view, _, feature = str(remembered[column.name]).partition(":")
        if (view, feature) not in offered:
            raise Failure(
                "features-differ",
                f"the model was trained on {view}:{feature}, and {service} has "
                f"{listed([f'{view}:{name}' for view, name in offered])}",
                "Let the service take the features that the model was trained on, or train again",
            )
        looked_up.append(Need(column, view, feature))
    return Needs(tuple(looked_up), tuple(own))


def needs_by_name(columns: Sequence[ModelColumn], offered: Sequence[Reference]) -> Needs:
    """By name: a column of the model is the service's feature of that name, if it has one."""
    views = {feature: view for view, feature in reversed(offered)}
    if not any(one.name in views for one in columns):
        raise Failure(
            "features-differ",
            f"the model takes {listed([one.name for one in columns])}, and none of it is a "
            f"feature of the service, which has {listed(list(views))}",
            "Let the service take the features that the model was trained on",
        )
    return Needs(
        tuple(Need(one, views[one.name], one.name) for one in columns if one.name in views),
        tuple(one for one in columns if one.name not in views),
    )


def check_nulls(needs: Needs) -> None:
    """`Failure` for a looked-up column whose signature takes no null, when one may be all there is:
    the model would have to guess what it never saw in training.
    """
    for need in needs.looked_up:
        if not need.column.nullable:
            raise Failure(
                "null-value",
                f'with onMissing "null" the model would get nulls for {need.view}:{need.feature}, '
                f"and its column {need.column.name} takes none",
                "Let the Service answer with an error or a default, or train on rows that lack it",
            )


def asked_columns(needs: Needs, kinds: Mapping[str, Any], keys: Sequence[str]) -> list[ModelColumn]:
    """What a request holds: entity keys and what transforms take (`kinds`), then the model's own.

    A column that is both is checked as the model wants it.
    """
    own = {column.name: column for column in needs.own}
    first = [
        own.get(name)
        or ModelColumn(name, kind if isinstance(kind, str) else "json", nullable=name not in keys)
        for name, kind in kinds.items()
    ]
    return [*first, *(column for name, column in own.items() if name not in kinds)]
