"""What became of the feature store since it was applied. In: its folder, the control plane. Out:
what is gone, and what is still online.

Looks at files' names; of a Redis it asks what is marked there as online.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from exai_compiler.changes import FieldChange
from exai_compiler.facts import Materialized
from exai_compiler.features import online_place
from exai_compiler.maybe import Known
from exai_compiler.project import Project
from exai_runtime.local.features.execute import mark_of, online_file, store_mark
from exai_runtime.local.features.paths import FeaturePaths, feature_paths
from exai_runtime.local.features.process import store_secrets
from exai_runtime.local.features.records import Pushes
from exai_runtime.local.features.redis_marks import marked_views
from exai_runtime.local.features.standing import standing_repository
from exai_runtime.local.ledger import read
from exai_runtime.local.paths import Paths
from exai_runtime.local.rendered import plain
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic
from exai_specs.frozen import empty
from exai_specs.kinds.environment import Environment
from exai_specs.values import field, frozen

_SQLITE = "sqlite:///"


def repository_drift(paths: FeaturePaths, body: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """The repository's own files, its registry or its online store, if they are gone."""
    registry = str(body["spec"]["store"]["registry"].get("path") or "")
    wanted = {"repository": paths.repository / "feature_store.yaml"}
    if "://" not in registry or registry.startswith(_SQLITE):
        wanted["registry"] = paths.repository / registry.removeprefix(_SQLITE)
    if (online := online_file(paths, body)) is not None:
        wanted["online_store"] = online
    return tuple(
        FieldChange(("status", name), Known("gone"), Known("there"), "drifted")
        for name, file in wanted.items()
        if not file.exists()
    )


@frozen
class Online:
    """What is online of each view, and what was pushed there; `unsure` says why that is only what
    was written last, if the store couldn't be asked.
    """

    views: Mapping[str, Materialized] = field(default_factory=empty)
    pushes: Mapping[str, Pushes] = field(default_factory=empty)
    unsure: str = ""


def online(paths: Paths, environment: Environment, wanted: Project | None = None) -> Online:
    """Nothing of a store that is another one since, or lost its file or what it held; with the
    specs that are `wanted`, what an apply of them finds online where it looks for it.

    Raises TargetError as `ledger.read` does.
    """
    ledger = read(paths.control)
    live = standing_repository(ledger.objects)
    if live is None:
        return Online()
    body = plain(live.body)
    file = online_file(feature_paths(paths.state), body)
    if file is not None and not file.exists():
        return Online()
    mark = store_mark(body)
    if wanted is not None and mark_of(online_place(wanted, environment)) != mark:
        return Online(pushes=ledger.online.pushes)
    views = {
        name: found.fact
        for name, found in ledger.online.materialized.items()
        if found.store == mark
    }
    unsure = ""
    if views:
        try:
            there = marked_views(body, store_secrets(paths, environment, ("online_store",)))
        except TargetError as error:
            there = error.diagnostic.message
        if isinstance(there, str):
            unsure = there
        elif there is not None:
            views = {name: fact for name, fact in views.items() if name in there}
    return Online(MappingProxyType(views), ledger.online.pushes, unsure)


def unsure_of(found: Online, project: Project, environment: str) -> Iterator[Diagnostic]:
    """A store that couldn't be asked is a warning: what is planned may be too little."""
    if found.unsure:
        yield Diagnostic(
            "feature-store-unreachable",
            f"nobody knows what the online store (Redis) still has: {found.unsure}",
            project.root.at("spec", "environments", environment, "features", "online_store"),
            "warning",
            hint="the plan goes by what was written there last",
        )
