"""What an apply may do, as values: the closed union `Change`, a `Plan` of them, and the
`Outcome` of each.

Printing a plan and executing it walk the same tuple. Nothing here decides or does anything.
"""

from __future__ import annotations

from typing import Literal, assert_never

from exai_compiler.maybe import Maybe, Tree, Unknown
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.effects import Effect
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.values import frozen, ordered


@ordered
class ObjectId:
    """A rendered thing: a Kubernetes object.

    `api` is its apiVersion; `str()` is `InferenceService/iris`.
    """

    api: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


Reason = Literal["changed", "drifted", "defaulted", "owned-elsewhere", "immutable", "exai-upgrade"]


@frozen
class FieldChange:
    """One field of an object: where it was, where it goes.

    A missing side is `Known(None)`.
    """

    path: tuple[str | int, ...]
    old: Maybe[Json]
    new: Maybe[Json]
    reason: Reason


@frozen
class Create:
    id: ObjectId
    origin: Ref
    body: Tree
    only_if: Ref | None = None


@frozen
class Update:
    """`only_if`: dropped when this model's verdict fails."""

    id: ObjectId
    origin: Ref
    body: Tree
    fields: tuple[FieldChange, ...]
    only_if: Ref | None = None


@frozen
class Replace:
    """The object can't change in place: `by` is made, then `id` goes. `field` is what forbids
    it."""

    id: ObjectId
    by: ObjectId
    origin: Ref
    why: str
    field: tuple[str | int, ...] = ()


@frozen
class Run:
    """Start a run of the pipeline under this key; `why` says what is new."""

    pipeline: Ref
    key: str
    why: tuple[str, ...]


@frozen
class Judge:
    """Hold the version that this run registered against the model's gates, and record the
    verdict."""

    model: Ref
    run_key: str


@frozen
class MoveAlias:
    model: Ref
    alias: str
    to: Maybe[int]


@frozen
class Materialize:
    """Bring the newest values of a view to the online store; `key` names definition and data."""

    view: Ref
    key: str
    why: tuple[str, ...]


@frozen
class Delete:
    id: ObjectId
    why: str


Change = Create | Update | Replace | Run | Judge | MoveAlias | Materialize | Delete


@frozen
class Planned:
    """A change, the round it belongs to (from 1), its impact, and the chain through the lineage
    that explains it."""

    change: Change
    round: int
    impact: Effect
    because: tuple[Ref, ...]


@frozen
class Plan:
    """Exactly the list that apply may execute.

    `scope` is a digest of identities, verbs, field paths and impact.
    """

    environment: str
    changes: tuple[Planned, ...]
    waiting: tuple[Unknown, ...]
    notes: tuple[Diagnostic, ...]
    scope: str


Result = Literal[
    "created", "updated", "replaced", "succeeded", "moved", "deleted", "pending", "failed"
]


@frozen
class Outcome:
    """What became of a change.

    `detail` is one line for people; `log` is the path of a log, if there is one.     `step`
    names the step of a run that failed, and `at` the place in the specs that has to do with a
    failure; `code` is what `exai explain` knows it by, "" where nobody has said one.
    """

    change: Change
    result: Result
    detail: str = ""
    hint: str = ""
    log: str = ""
    tail: tuple[str, ...] = ()
    step: str = ""
    at: Span | None = None
    code: str = ""


def verb(change: Change) -> str:
    """The word that names what a change does, as plans and journals print it."""
    match change:
        case Create():
            return "create"
        case Update():
            return "update"
        case Replace():
            return "replace"
        case Run():
            return "run"
        case Judge():
            return "judge"
        case MoveAlias():
            return "move"
        case Materialize():
            return "materialize"
        case Delete():
            return "delete"
    assert_never(change)


def subject(change: Change) -> str:
    """The identity that a change is about: `InferenceService/iris`, `Pipeline/iris-training`,
    `Model/iris_model@champion`."""
    match change:
        case Create() | Update() | Replace() | Delete():
            return str(change.id)
        case Run():
            return str(change.pipeline)
        case Judge():
            return str(change.model)
        case MoveAlias():
            return f"{change.model}@{change.alias}"
        case Materialize():
            return str(change.view)
    assert_never(change)


def document_of(planned: Planned) -> Ref | None:
    """The document that an action comes from: of a Delete, the one that it came from."""
    change = planned.change
    match change:
        case Create() | Update() | Replace():
            return change.origin
        case Run():
            return change.pipeline
        case Judge() | MoveAlias():
            return change.model
        case Materialize():
            return change.view
        case Delete():
            return planned.because[-1] if planned.because else None
    assert_never(change)
