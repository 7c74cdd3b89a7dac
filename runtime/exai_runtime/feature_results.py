"""What the commands about features come to, as frozen values. Times are RFC 3339, in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from exai_compiler.changes import Outcome
from exai_runtime.answered import Answered
from exai_specs.diagnostics import has_errors
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.values import frozen

FeatureState = Literal["fresh", "stale", "missing"]
ValueStatus = Literal["present", "null", "not found", "outside ttl"]


@frozen
class Freshness:
    """What is online of a view.

    `newest` is the newest timestamp of its data, empty when there is none; `stale` means that it is
    older than `ttl` seconds. `schedule` says in words what brings it up to date, `due` when that is
    next (empty: not by the clock). `pushed` rows came by `exai features push` since the view was
    last written anew, `newest_pushed` is the newest timestamp among them.
    """

    view: Ref
    state: FeatureState
    newest: str = ""
    rows: int = 0
    materialized: str = ""
    ttl: float | None = None
    schedule: str = ""
    due: str = ""
    data: str = ""
    pushed: int = 0
    newest_pushed: str = ""


@frozen
class FeatureValue:
    """One feature of one entity. `time` is when it was true, `age` how many seconds ago that is."""

    view: str
    value: Json
    status: ValueStatus
    time: str = ""
    age: float | None = None


@frozen
class FeatureRow:
    """What was asked for, and its features by name, in order."""

    entity: Mapping[str, Json]
    features: Mapping[str, FeatureValue]


@frozen
class FeatureValues(Answered):
    """What the online store answers. Fails when an entity isn't there at all."""

    name: str
    rows: tuple[FeatureRow, ...]


@frozen
class Pushed(Answered):
    """`rows` came; `written` are online now; `older` were not newer than what is online."""

    view: str
    rows: int
    written: int
    older: int
    offline: bool


@frozen
class Materializing(Answered):
    """What was brought online: an outcome for each time and view, in order, and what is there."""

    environment: str
    outcomes: tuple[Outcome, ...]
    views: tuple[Freshness, ...]

    @property
    def exit_code(self) -> int:
        last = {outcome.change: outcome.result for outcome in self.outcomes}
        return int(has_errors(self.diagnostics) or "failed" in last.values())


@frozen
class FeatureList(Answered):
    """The views of the environment; `services` maps a feature service to its features."""

    environment: str
    views: tuple[Freshness, ...]
    services: Mapping[str, tuple[str, ...]]


FeatureResult = FeatureValues | Pushed | Materializing | FeatureList
