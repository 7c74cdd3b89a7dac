"""What a render returns: objects, runs and promotions of one environment, with canonical-JSON
hashes."""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.changes import FieldChange, ObjectId
from exai_compiler.facts import Verdict
from exai_compiler.maybe import Maybe, Tree, Unknown
from exai_specs.diagnostics import Diagnostic
from exai_specs.effects import Effect
from exai_specs.frozen import Json
from exai_specs.identity import Ref
from exai_specs.values import field, frozen


@frozen
class Rendered:
    """One object as the target will get it.

    `wave` orders it within a round; `effect` is what its change means; of a field that is `light`,
    in its spec or a component of that, no more than a new rendering. A `closed` one has no Unknown
    leaf, which nobody need look for.
    """

    id: ObjectId
    origin: Ref
    body: Tree
    wave: int
    effect: Effect
    closed: bool = field(default=False, compare=False, repr=False)
    light: frozenset[str] = field(default=frozenset(), compare=False, repr=False)


@frozen
class RunKey:
    """The run that specs and data ask for now, and whether it is `due`; `why` says what is new.

    `spec_key` is the key without the data; `data` maps a dataset to its version; `registers`
    names models.
    """

    pipeline: Ref
    key: str
    spec_key: str
    parameters: Mapping[str, Json]
    data: Mapping[str, str]
    registers: tuple[str, ...]
    due: bool
    why: tuple[str, ...]
    generation: int


@frozen
class RunRequest(RunKey):
    """A run with the PipelineVersion that is to be run. `by_hand`: the specs don't ask for it."""

    version: ObjectId
    by_hand: bool = False


@frozen
class Promotion:
    """Where a model stands: the verdict that is to be recorded (`new_verdict`), and where each
    auto alias should be."""

    model: Ref
    run_key: str
    verdict: Verdict | None
    new_verdict: bool
    first_verdict: bool
    current: Mapping[str, int]
    wanted: Mapping[str, Maybe[int]]
    auto: tuple[str, ...]


@frozen
class Materialization:
    """What the online store should have of a view, and whether that is `due`; `why` says what is
    new. `data` is the version of `dataset`, `meaning` that of the view.
    """

    view: Ref
    key: str
    meaning: str
    dataset: str
    data: str
    due: bool
    why: tuple[str, ...]


@frozen
class Build:
    """All that one environment should be, and how its documents depend on each other (`chains`:
    origin -> ancestors)."""

    environment: str
    objects: tuple[Rendered, ...]
    runs: tuple[RunRequest, ...]
    promotions: tuple[Promotion, ...]
    waiting: tuple[Unknown, ...]
    parity: tuple[Diagnostic, ...]
    chains: Mapping[Ref, tuple[Ref, ...]]
    materializations: tuple[Materialization, ...] = ()


@frozen
class Live:
    """An object as a target holds it.

    `sequence` grows with creation; `drift` is what the observer itself found. Only where another
    build is observed, a leaf of the body may be open.
    """

    body: Tree
    origin: Ref
    sequence: int = 0
    drift: tuple[FieldChange, ...] = ()


@frozen
class Observed:
    """Every object that exai owns in a target: the inventory and its live state in one."""

    objects: Mapping[ObjectId, Live]
