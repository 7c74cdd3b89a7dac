"""What the world looked like when it was asked: the values that the facts stage returns.

No reading happens here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from exai_compiler.maybe import Maybe, Unknown
from exai_specs.diagnostics import Diagnostic
from exai_specs.values import field, frozen


@frozen
class GateResult:
    """One gate held against a metric.

    `limit` is the value that counted, `against` the champion's version if one was met.
    """

    metric: str
    rule: Literal["min", "max", "noWorseThan"]
    passed: bool
    value: float | None
    limit: float | None
    against: int | None = None
    note: str = ""


@frozen
class Verdict:
    """The judgement of one version under one set of gates (`gates` is their digest)."""

    model: str
    version: int
    gates: str
    passed: bool
    results: tuple[GateResult, ...]


@frozen
class Champion:
    """The version that a candidate was scored beside, on the same rows."""

    version: int
    metrics: Mapping[str, float]
    problem: str = ""


@frozen
class FeaturesUsed:
    """What a model was trained on: the feature service, the meaning of each view (SHA-256) at that
    time, and `view:feature` of each column that comes from one.
    """

    service: str
    views: Mapping[str, str]
    columns: Mapping[str, str]


@frozen
class ModelVersion:
    """One registered version.

    `digest` is SHA-256 over its `exai-model.json`; `uri` is where KServe reads it; `features` says
    which feature views it was trained on, if any. `format` is "" where a pin doesn't say it.
    """

    model: str
    number: int
    uri: str
    digest: str
    run_key: str
    format: str = "h2o-mojo"
    metrics: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    champion: Champion | None = None
    verdict: Verdict | None = None
    features: FeaturesUsed | None = None


@frozen
class ModelFacts:
    """Versions by number, ascending, and where the aliases stand."""

    versions: tuple[ModelVersion, ...] = ()
    aliases: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def version(self, number: int) -> ModelVersion | None:
        return next((v for v in self.versions if v.number == number), None)

    def of_run(self, key: str) -> ModelVersion | None:
        return next((v for v in self.versions if v.run_key == key), None)


@frozen
class RunFact:
    """A run that the target knows.

    `spec_key` is the run key without the data; `data` maps a dataset to its version. `by_hand`: a
    person asked for it with parameters of their own.
    """

    key: str
    pipeline: str
    spec_key: str
    data: Mapping[str, str]
    state: Literal["running", "succeeded", "failed"]
    detail: str = ""
    log: str = ""
    generation: int = 0
    by_hand: bool = False


@frozen
class Materialized:
    """What the online store has of a view.

    `key` and `meaning` name its definition, `data` the version of its dataset. `newest` is the
    newest timestamp among the rows (RFC 3339, UTC), `at` when they were brought there (seconds
    since the epoch), `rows` how many were.
    """

    view: str
    key: str
    meaning: str
    data: str
    newest: str
    at: float
    rows: int


@frozen
class Facts:
    """Everything a resolve may know.

    `data` maps a dataset's name to its version, `materialized` a view's name to what is online,
    `failures` a dataset's name to why its data couldn't be looked at. `unread` says why nobody
    looked into the registry; empty when `models` are what it holds. `rolled_out` maps a service in
    Knative mode to where the model of its rolled-out revision is, "" while there is none; a service
    that nobody looked at isn't in it.
    """

    models: Mapping[str, ModelFacts] = field(default_factory=lambda: MappingProxyType({}))
    data: Mapping[str, Maybe[str]] = field(default_factory=lambda: MappingProxyType({}))
    runs: tuple[RunFact, ...] = ()
    materialized: Mapping[str, Materialized] = field(default_factory=lambda: MappingProxyType({}))
    failures: Mapping[str, Diagnostic] = field(default_factory=lambda: MappingProxyType({}))
    unread: str = ""
    rolled_out: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@frozen
class Pin:
    """A person's decision in `exai.lock`: this alias is this version, and this is what it is.

    `format` is "" where it doesn't say one: then it is what the pipelines make.
    """

    version: int
    digest: str
    uri: str
    format: str = ""
    run_key: str = ""
    metrics: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@frozen
class Lock:
    """`exai.lock` of one environment: pins by model and alias, or number.

    Local environments have none. Unknown is a pin of the other side of a comparison, where this
    one leaves the alias to the registry.
    """

    pins: Mapping[tuple[str, str], Pin | Unknown] = field(
        default_factory=lambda: MappingProxyType({})
    )
