"""Changes of the feature store: its repository, and what is brought online.

In: rendered objects, a running store's process. Out: files below `features/`, a registry, online
rows, and the record of what is online, in the same transaction as the journal's line. A kill
between any two of them is made good by doing the same again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exai_compiler.build import Build, Materialization
from exai_compiler.changes import Materialize
from exai_compiler.facts import Materialized
from exai_compiler.features import files_of
from exai_compiler.inlined import READER, fields_of
from exai_compiler.project import Project
from exai_runtime.local.control import Control
from exai_runtime.local.features.paths import FeaturePaths, clear, prune, switch
from exai_runtime.local.features.process import FeatureProcess
from exai_runtime.local.features.versions import identifies
from exai_runtime.local.ledger import Recorded
from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import digest, freeze, thaw
from exai_specs.kinds import DatasetSpec

REPOSITORY_KIND = "FeatureRepository"
# A person who asks for it wants it there, whatever became of the store since.
ASKED = ("asked for",)


@dataclass(frozen=True, slots=True)
class FeatureExecutor:
    """The feature store of one environment. `specs` are the documents that datasets come from."""

    process: FeatureProcess
    control: Control
    specs: Project | None

    def put(self, body: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
        """Write the repository and apply it. The views of which something may be online already,
        and one line that says what the repository has.
        """
        paths, spec = self.process.paths, body["spec"]
        file = online_file(paths, body)
        empty = file is not None and not file.exists()
        write_repository(paths, files_of(spec))
        known = self.process.ask("apply", repository=str(paths.repository))
        said = ", ".join(
            f"{len(known[key])} {key.removesuffix('s') if len(known[key]) == 1 else key}"
            for key in ("views", "transforms", "services")
            if known[key]
        )
        return () if empty else tuple(spec["views"]), said

    def remove(self, body: Mapping[str, Any] | None) -> None:
        """All that the store holds goes; what lies in other places is emptied there first."""
        paths = self.process.paths
        if body is not None and not _lies_here(body) and paths.repository.is_dir():
            for file in paths.repository.rglob("*.py"):
                file.unlink()
            self.process.ask("apply", repository=str(paths.repository))
        self.process.close()
        clear(paths)

    def materialize(
        self, change: Materialize, build: Build, body: Mapping[str, Any]
    ) -> tuple[Recorded, str]:
        """Bring a view's newest values online. The record for the caller to store, and one line of
        what was done. Raises TargetError.
        """
        wanted = next((m for m in build.materializations if m.view == change.view), None)
        if wanted is None or change.view.name not in body["spec"]["views"]:
            raise _problem(f"the build holds no {change.view}", "plan again")
        paths, ledger = self.process.paths, self.control.ledger()
        store = store_mark(body)
        before = ledger.materialized.get(wanted.view.name)
        if before is not None and before.store != store:
            before = None  # the online store is another one: nothing is there yet
        snapshot = self._snapshot(wanted, body, by_hand=not wanted.due)
        result = self.process.ask(
            "materialize",
            repository=str(paths.repository),
            view=wanted.view.name,
            before=_file(paths, wanted.dataset, before),
            changed=before is not None and before.fact.meaning != wanted.meaning,
            everything=change.why == ASKED,
        )
        fact = Materialized(
            view=wanted.view.name,
            key=wanted.key,
            meaning=wanted.meaning,
            data=wanted.data,
            newest=result["newest"],
            at=time.time(),
            rows=result["rows"],
        )
        return Recorded(fact, wanted.dataset, snapshot, store), _said(result)

    def prune(self) -> None:
        """Snapshots that nothing needs any more go. After the record was stored."""
        ledger = self.control.ledger()
        folder = self.process.paths.folder / "snapshots"
        for dataset in sorted(place.name for place in folder.glob("*")):
            needed = {r.snapshot for r in ledger.materialized.values() if r.dataset == dataset}
            prune(self.process.paths, dataset, frozenset(needed))

    def _snapshot(self, wanted: Materialization, body: Mapping[str, Any], *, by_hand: bool) -> str:
        """Take the dataset's snapshot and lead the repository to it; "" for live tables."""
        paths = self.process.paths
        if "parquet" not in body["spec"]["sources"][wanted.dataset]:
            return ""
        known = identifies(wanted.data) and not by_hand
        dataset = self._inlined(wanted.dataset)
        # What a snapshot holds depends on the declared columns as much as on the data.
        version = digest({"data": wanted.data, "dataset": freeze(dataset)}) if known else ""
        found = self.process.ask(
            "snapshot",
            dataset=dataset,
            folder=str(paths.snapshots(wanted.dataset)),
            version=version,
            pushed=str(paths.pushed_to(wanted.dataset)),
        )
        switch(paths, wanted.dataset, found["file"])
        return str(found["file"])

    def _inlined(self, name: str) -> Any:
        spec = self.specs.find("Dataset", name) if self.specs else None
        if spec is None or not isinstance(spec.body, DatasetSpec):
            raise _problem(f"there is no Dataset/{name}", "plan again")
        return thaw(fields_of(name, spec.body, READER))


def write_repository(paths: FeaturePaths, files: Mapping[str, str]) -> None:
    """The files, and no others but the data: each by rename."""
    folder = paths.repository
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_name(f".{place.name}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(place)
    for place in folder.iterdir():
        if place.name == "data":
            continue
        if place.is_dir():
            for file in place.rglob("*"):
                if file.is_file() and str(file.relative_to(folder)) not in files:
                    file.unlink()
            if not any(place.iterdir()):
                shutil.rmtree(place)
        elif place.name not in files:
            place.unlink()


def store_mark(body: Mapping[str, Any]) -> str:
    """A short hash of what says where online rows are."""
    spec = body["spec"]["store"]
    return digest(freeze({"project": spec["project"], "online_store": spec["online_store"]}))[:16]


def online_file(paths: FeaturePaths, body: Mapping[str, Any]) -> Path | None:
    """The SQLite file of the online store; None when it is another store."""
    online = body["spec"]["store"]["online_store"]
    if online.get("type") != "sqlite":
        return None
    return (paths.repository / str(online["path"])).resolve()


def _lies_here(body: Mapping[str, Any]) -> bool:
    """Are registry and online store files of ours, which go with the folder?"""
    store = body["spec"]["store"]
    registry = str(store["registry"].get("path") or "")
    return store["online_store"].get("path") == "../online.db" and "../registry." in registry


def _file(paths: FeaturePaths, dataset: str, before: Recorded | None) -> str | None:
    if before is None or not before.snapshot:
        return None
    return str(paths.snapshots(dataset) / before.snapshot)


def _said(result: Mapping[str, Any]) -> str:
    rows, written, older = result["rows"], result["written"], result["older"]
    if not rows:
        return "its data has no rows"
    new = f"{written} new or changed" if written else "nothing new"
    kept = f", {older} kept because what was pushed is newer" if older else ""
    return f"{rows} rows up to {result['newest']}, {new}{kept}"


def _problem(message: str, hint: str) -> TargetError:
    return TargetError(Diagnostic("unknown-view", message, Span("exai.yaml"), hint=hint))
