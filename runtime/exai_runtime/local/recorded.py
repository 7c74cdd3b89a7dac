"""How what was applied is doing, where nobody can say what the specs ask for.

In: the control plane, runs, what is online, the time. Out: rows as `status` has them; of each that
answers it is unknown whether the specs ask for it. Reads no specs, changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from exai_compiler.build import Build, Rendered
from exai_compiler.changes import ObjectId
from exai_runtime.feature_results import Freshness
from exai_runtime.features.freshness import applied_freshness
from exai_runtime.local.features.drift import Online
from exai_runtime.local.features.standing import standing_repository
from exai_runtime.local.health import health, run_health
from exai_runtime.local.ledger import Ledger
from exai_runtime.local.paths import Paths
from exai_runtime.local.rendered import SERVICE_KIND, looks_up, plain
from exai_runtime.local.run_records import records
from exai_runtime.target import Health
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.values import frozen, replace

UNKNOWN = "serves what was applied; whether the specs ask for it isn't known"
_POLICY = "EXAI_FEATURES"
_VERSION = "PipelineVersion"


@frozen
class Recorded:
    """`needs` are the views that a service, by its name, answers from."""

    health: tuple[Health, ...]
    features: tuple[Freshness, ...]
    needs: Mapping[str, frozenset[str]]


def recorded(paths: Paths, ledger: Ledger, online: Online, now: datetime) -> Recorded:
    """Every service and search that was applied, and the newest run of each pipeline that was."""
    objects = (
        Rendered(which, live.origin, live.body, 0, Effect.METADATA)
        for which, live in ledger.objects.items()
    )
    build = Build("", tuple(objects), (), (), (), (), MappingProxyType({}))
    rows = (*map(_unknown, health(paths, build, ledger)), *_runs(paths, ledger))
    repository = standing_repository(ledger.objects)
    spec: Mapping[str, Any] = plain(repository.body)["spec"] if repository is not None else {}
    return Recorded(
        tuple(sorted(rows, key=lambda row: (row.origin, row.id))),
        applied_freshness(spec, online.views, now, ledger.online.pushes),
        MappingProxyType(dict(_needs(ledger, spec))),
    )


def _unknown(row: Health) -> Health:
    """A service that answers may be what the specs ask for, or not."""
    if row.id.kind != SERVICE_KIND or row.state not in ("ready", "outdated"):
        return replace(row, drift="unknown")
    return replace(row, state="ready", detail=UNKNOWN, drift="unknown")


def _runs(paths: Paths, ledger: Ledger) -> Iterator[Health]:
    """Not those that somebody asked for by hand, which no specs did."""
    versions = {
        live.origin.name: which.api
        for which, live in ledger.objects.items()
        if which.kind == _VERSION
    }
    for run in records(paths, {}):
        if run.by_hand or run.pipeline not in versions:
            continue
        row = ObjectId(versions.pop(run.pipeline), "Run", f"{run.pipeline}-{run.key[:12]}")
        found = run_health(paths, row, Ref("Pipeline", run.pipeline), run.key, "")
        yield replace(found, drift="unknown")


def _needs(ledger: Ledger, spec: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    services, transforms = spec.get("services", {}), spec.get("transforms", {})
    for which, live in ledger.objects.items():
        variables = looks_up(plain(live.body)) if which.kind == SERVICE_KIND else None
        policy = next((v["value"] for v in variables or () if v["name"] == _POLICY), None)
        if policy is None:
            continue
        given = services.get(json.loads(policy)["service"], {}).get("features", ())
        named = {feature.partition(":")[0] for feature in given}
        views = (transforms[each]["sources"] if each in transforms else (each,) for each in named)
        yield which.name, frozenset(view for some in views for view in some)
