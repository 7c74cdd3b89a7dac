"""Rows of entity keys to rows of the model's columns.

In: definitions, rows as the wire has checked them, the time that counts as now. Out: the rows that
the model scores, and what was missing. Each view is read once for all rows; a value older than its
view's ttl is missing, as it is in training, and a transform gets what it would get there.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from exai_components.column_types import BadValue, arrow_type, cast_column
from exai_components.feature_store.online import BATCH, entity_keys, read_rows
from exai_components.feature_store.transforms import computed
from exai_components.model_file import Scalar
from exai_components.scores import Row
from exai_components.serve.definitions import Definitions, Reading
from exai_components.serve.needs import Need, Needs, Reference
from exai_components.serve.policy import Policy
from exai_components.serve.values import Check, Rejected, Wrong, check_of, shown

Reason = Literal["unknown-entity", "stale-feature", "missing-feature"]
REASONS: tuple[Reason, ...] = ("unknown-entity", "stale-feature", "missing-feature")
Cell = tuple[Any, Reason | None]  # a value, or why there is none
Place = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Miss:
    """A feature without a value, in one row."""

    row: int
    need: Need
    reason: Reason


@dataclass(frozen=True, slots=True)
class Completed:
    """The model's rows, what was missing in them, and the refusal if that is the answer."""

    rows: list[Row]
    misses: tuple[Miss, ...]
    refusal: Rejected | None


class Lookup:
    """The features of one model, as the registry defines them now."""

    def __init__(self, store: Any, definitions: Definitions, needs: Needs, policy: Policy) -> None:
        """`Wrong` when a default isn't of its column's type."""
        self.store = store
        self.definitions = definitions
        self.needs = needs
        self._policy = policy
        self._checks: tuple[tuple[Need, Check], ...] = tuple(
            (need, check_of(need.column, text=True)) for need in needs.looked_up
        )
        self.check_defaults()

    def check_defaults(self) -> None:
        """Each default against the column that it is meant for."""
        for need, check in self._checks:
            if need.feature in self._policy.defaults:
                try:
                    check(self._policy.defaults[need.feature])
                except Wrong as wrong:
                    raise Wrong(wrong.code, f"the default of {need.feature}: {wrong}") from None

    def under(self, policy: Policy) -> "Lookup":
        """The same under another policy."""
        return Lookup(self.store, self.definitions, self.needs, policy)

    def complete(self, rows: Sequence[Row], now: datetime, place: Place) -> Completed:
        """The model's rows. What a store raises goes through."""
        cells = self._cells(rows, now, place)
        found: list[Row] = []
        misses: list[Miss] = []
        refusal: Rejected | None = None
        own = [column.name for column in self.needs.own]
        for at, row in enumerate(rows):
            whole: dict[str, Scalar] = {name: row[name] for name in own}
            for need, check in self._checks:
                value, reason = cells[need.view, need.feature][at]
                if reason is not None:
                    misses.append(Miss(at, need, reason))
                    value = self._instead(need)
                    if value is _NOTHING:
                        refusal = refusal or self._refuse(misses[-1], row, place)
                        continue
                if value is None and reason is not None:
                    whole[need.column.name] = None
                    continue
                try:
                    whole[need.column.name] = check(_plain(value))
                except Wrong as wrong:
                    said = f"{place(at)}: {_named(need)} of {self._entity(need, row)}: {wrong}"
                    refusal = refusal or Rejected(wrong.code, said, need.column.name, at)
            found.append(whole)
        return Completed(found, tuple(misses), refusal)

    def probe(self) -> None:
        """Ask the online store about nobody; what it raises goes through."""
        for reading in self.definitions.readings[:1]:
            keys = {name: _nobody(reading.kinds[name]) for name in reading.columns.keys}
            self._read(reading, [tuple(keys.values())])

    def _cells(
        self, rows: Sequence[Row], now: datetime, place: Place
    ) -> dict[Reference, list[Cell]]:
        typed = _typed(self.definitions.kinds, rows, place)
        cells: dict[Reference, list[Cell]] = {}
        for reading in self.definitions.readings:
            self._look(reading, typed, now, cells)
        columns: dict[str, Any] = dict(typed)
        for transform in self.definitions.transforms:
            sources = self.definitions.sources[transform.name]
            for view, feature in sources:
                values = [value if why is None else None for value, why in cells[view, feature]]
                kind = next(r.kinds for r in self.definitions.readings if r.name == view)[feature]
                columns[feature] = cast_column(values, kind)
            for feature, made in computed(transform, columns, len(rows)).items():
                cells[transform.name, feature] = [
                    (value, _why(sources, cells, at) if value is None else None)
                    for at, value in enumerate(made.to_pylist())
                ]
        return cells

    def _look(
        self,
        reading: Reading,
        typed: Mapping[str, Any],
        now: datetime,
        cells: dict[Reference, list[Cell]],
    ) -> None:
        names = reading.columns.keys
        places: dict[tuple[Any, ...], int] = {}
        keys = zip(*(typed[name].to_pylist() for name in names), strict=True)
        at = [places.setdefault(key, len(places)) for key in keys]
        answers = self._read(reading, list(places))
        stale = [
            moment is not None and reading.ttl is not None and moment < now - reading.ttl
            for moment, _ in answers
        ]
        for feature in reading.features:
            each: list[Cell] = []
            for (moment, values), old in zip(answers, stale, strict=True):
                value = values.get(feature)
                if moment is None:
                    each.append((None, "unknown-entity"))
                elif old:
                    each.append((value, "stale-feature"))
                elif value is None or (type(value) is float and math.isnan(value)):
                    each.append((None, "missing-feature"))
                else:
                    each.append((value, None))
            cells[reading.name, feature] = [each[one] for one in at]

    def _read(self, reading: Reading, keys: Sequence[tuple[Any, ...]]) -> list[tuple[Any, Any]]:
        import pyarrow as pa

        answers: list[tuple[Any, Any]] = []
        for start in range(0, len(keys), BATCH):
            columns = zip(*keys[start : start + BATCH], strict=True)
            batch = pa.table(
                {
                    name: pa.array(values, arrow_type(reading.kinds[name]))
                    for name, values in zip(reading.columns.keys, columns, strict=True)
                }
            )
            protos = entity_keys(reading.view, reading.columns, batch)
            answers += read_rows(self.store, reading.view, protos, reading.features)
        return answers

    def _instead(self, need: Need) -> Any:
        if self._policy.on_missing == "null":
            return None
        if self._policy.on_missing == "default":
            return self._policy.defaults.get(need.feature, _NOTHING)
        return _NOTHING

    def _refuse(self, miss: Miss, row: Row, place: Place) -> Rejected:
        need, entity = miss.need, self._entity(miss.need, row)
        match miss.reason:
            case "unknown-entity":
                said = f"{need.view} knows nothing of {entity}, so {_named(need)} has no value"
                hint = "See that the key is right, and that the view is materialized"
            case "stale-feature":
                said = f"{_named(need)} of {entity} is older than its view's ttl"
                hint = "Materialize newer values of the view"
            case "missing-feature":
                said = f"{_named(need)} of {entity} has no value"
                hint = "The data have none; the Service's onMissing says what is answered then"
        message = f"{place(miss.row)}: {said}"
        return Rejected(miss.reason, message, need.column.name, miss.row, hint)

    def _entity(self, need: Need, row: Row) -> str:
        reading = next((r for r in self.definitions.readings if r.name == need.view), None)
        names = reading.columns.keys if reading else self.definitions.keys
        return ", ".join(f"{name} {shown(row[name])}" for name in names)


_NOTHING = object()


def _typed(kinds: Mapping[str, Any], rows: Sequence[Row], place: Place) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, kind in kinds.items():
        try:
            column = cast_column([row[name] for row in rows], kind)
        except BadValue as bad:
            said = f'{place(bad.at)}, column "{name}": {shown(bad.value)} is no {kind}'
            raise Rejected("ill-typed", said, name, bad.at) from None
        typed[name] = column.cast(arrow_type(kind))
    return typed


def _why(sources: Sequence[Reference], cells: Mapping[Reference, list[Cell]], at: int) -> Reason:
    """Why a transform made nothing: what its first source that has no value lacks."""
    reasons = (cells[source][at][1] for source in sources)
    return next((reason for reason in reasons if reason is not None), "missing-feature")


def _plain(value: Any) -> Any:
    """What JSON has no type for, as it travels in a request."""
    if isinstance(value, str | bool | int | float):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _named(need: Need) -> str:
    return f"{need.view}:{need.feature}"


def _nobody(kind: Any) -> Any:
    return cast_column(["0" if kind != "uuid" else "0" * 32], kind)[0].as_py()
