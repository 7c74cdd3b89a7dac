"""What became of the feature store since it was applied. In: its folder, the control plane. Out:
what is gone, and what is still online.

Looks at files' names alone; never opens a store.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from exai_compiler.changes import FieldChange
from exai_compiler.facts import Materialized
from exai_compiler.maybe import Known
from exai_runtime.local.features.execute import REPOSITORY_KIND, online_file, store_mark
from exai_runtime.local.features.paths import FeaturePaths, feature_paths
from exai_runtime.local.ledger import read
from exai_runtime.local.paths import Paths
from exai_runtime.local.rendered import plain

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


def materialized(paths: Paths) -> Mapping[str, Materialized]:
    """What is online of each view; nothing of a store that is another one since, or lost its file.

    Raises TargetError as `ledger.read` does.
    """
    ledger = read(paths.control)
    live = next((v for k, v in ledger.objects.items() if k.kind == REPOSITORY_KIND), None)
    if live is None:
        return MappingProxyType({})
    body = plain(live.body)
    file = online_file(feature_paths(paths.state), body)
    if file is not None and not file.exists():
        return MappingProxyType({})
    mark = store_mark(body)
    return MappingProxyType(
        {name: found.fact for name, found in ledger.materialized.items() if found.store == mark}
    )
