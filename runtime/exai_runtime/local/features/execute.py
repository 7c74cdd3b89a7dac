"""Changes of the feature store: its repository, and what is brought online.

In: rendered objects, a running store's process. Out: files below `features/`, a registry, online
rows, and the record of what is online, in the same transaction as the journal's line. A kill
between any two of them is made good by doing the same again, or the same with newer data.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exai_compiler.build import Build, Materialization
from exai_compiler.changes import Materialize
from exai_compiler.facts import Materialized
from exai_compiler.features import files_of
from exai_compiler.features.store_file import store_text
from exai_compiler.inlined import READER, fields_of
from exai_compiler.project import Project
from exai_runtime.local.control import Control
from exai_runtime.local.features.paths import FeaturePaths, clear, prune, switch
from exai_runtime.local.features.process import FeatureProcess
from exai_runtime.local.features.records import Begun, Recorded
from exai_runtime.local.features.versions import identifies
from exai_runtime.target import TargetError
from exai_runtime.whole_file import write_whole
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import digest, freeze, thaw
from exai_specs.kinds import DatasetSpec
from exai_specs.values import frozen

REPOSITORY_KIND = "FeatureRepository"
_SQLITE = "sqlite:///"
# A person who asks for it wants it there, whatever became of the store since.
ASKED = ("asked for",)


@frozen
class Brought:
    """The record for the caller to store, one line of what was done, and whether all was written
    `anew`, so that nothing that was pushed is online any more.
    """

    recorded: Recorded
    said: str
    anew: bool


@frozen
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

    def forget(self, body: Mapping[str, Any]) -> None:
        """What the registry and the online store hold of a repository that another one has taken
        the folder of goes; nothing of the other's does.
        """
        paths = self.process.paths
        former = paths.folder / "former"
        former.mkdir(parents=True, exist_ok=True)
        write_whole(former / "feature_store.yaml", store_text(_absolute(paths, body)))
        try:
            self.process.ask("apply", repository=str(former))
        finally:
            shutil.rmtree(former, ignore_errors=True)

    def materialize(self, change: Materialize, build: Build, body: Mapping[str, Any]) -> Brought:
        """Bring a view's newest values online. Raises TargetError."""
        wanted = next((m for m in build.materializations if m.view == change.view), None)
        if wanted is None or change.view.name not in body["spec"]["views"]:
            raise _problem(f"the build holds no {change.view}", "plan again")
        paths, online = self.process.paths, self.control.ledger().online
        view, store = wanted.view.name, store_mark(body)
        before = online.materialized.get(view)
        moved = before is not None and before.store != store
        if moved:
            before = None  # the online store is another one: nothing is there yet
        begun = [one for one in online.begun if (one.view, one.store) == (view, store)]
        snapshot = self._snapshot(wanted, body, by_hand=not wanted.due)
        self.control.online.begin(Begun(view, wanted.meaning, wanted.dataset, snapshot, store))
        meanings = {each.meaning for each in begun} | ({before.fact.meaning} if before else set())
        changed = bool(meanings - {wanted.meaning})
        result = self.process.ask(
            "materialize",
            repository=str(paths.repository),
            view=view,
            rows=str(paths.snapshots(wanted.dataset) / snapshot),
            before=_file(paths, before) if before else None,
            begun=[_file(paths, each) for each in begun],
            pushed=str(paths.pushed_to(wanted.dataset)),
            changed=changed,
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
        recorded = Recorded(fact, wanted.dataset, snapshot, store)
        anew = changed or moved or (before is not None and result["lost"])
        return Brought(recorded, _said(result), anew)

    def prune(self) -> None:
        """Snapshots that nothing needs any more go. After the record was stored."""
        online = self.control.ledger().online
        kept: list[Recorded | Begun] = [*online.materialized.values(), *online.begun]
        folder = self.process.paths.folder / "snapshots"
        for dataset in sorted(place.name for place in folder.glob("*")):
            needed = {each.snapshot for each in kept if each.dataset == dataset}
            prune(self.process.paths, dataset, frozenset(needed))

    def _snapshot(self, wanted: Materialization, body: Mapping[str, Any], *, by_hand: bool) -> str:
        """Take the dataset's snapshot and lead the repository to it; of a live table, which Feast
        reads where it is, what the view's newest rows are. The file's name.
        """
        paths = self.process.paths
        dataset = self._inlined(wanted.dataset)
        if "parquet" not in body["spec"]["sources"][wanted.dataset]:
            taken = self.process.ask(
                "newest",
                repository=str(paths.repository),
                view=wanted.view.name,
                dataset=dataset,
                folder=str(paths.snapshots(wanted.dataset)),
            )
            return str(taken["file"])
        known = identifies(wanted.data) and not by_hand
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
        write_whole(place, text)
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
    return mark_of({"project": spec["project"], "online_store": spec["online_store"]})


def mark_of(place: Mapping[str, Any]) -> str:
    """The same of an `online_place`."""
    return digest(freeze(place))[:16]


def online_file(paths: FeaturePaths, body: Mapping[str, Any]) -> Path | None:
    """The SQLite file of the online store; None when it is another store."""
    online = body["spec"]["store"]["online_store"]
    if online.get("type") != "sqlite":
        return None
    return (paths.repository / str(online["path"])).resolve()


def _absolute(paths: FeaturePaths, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The store's settings for a folder that isn't the repository's own."""
    store = body["spec"]["store"]
    online, registry = dict(store["online_store"]), dict(store["registry"])
    if (file := online_file(paths, body)) is not None:
        online["path"] = str(file)
    path = str(registry.get("path") or "")
    if path.startswith(_SQLITE) or "://" not in path:
        place = (paths.repository / path.removeprefix(_SQLITE)).resolve()
        registry["path"] = (_SQLITE if path.startswith(_SQLITE) else "") + str(place)
    return {**store, "online_store": online, "registry": registry}


def _lies_here(body: Mapping[str, Any]) -> bool:
    """Are registry and online store files of ours, which go with the folder?"""
    store = body["spec"]["store"]
    registry = str(store["registry"].get("path") or "")
    return store["online_store"].get("path") == "../online.db" and "../registry." in registry


def _file(paths: FeaturePaths, known: Recorded | Begun) -> str | None:
    return str(paths.snapshots(known.dataset) / known.snapshot) if known.snapshot else None


def _said(result: Mapping[str, Any]) -> str:
    rows, written, older = result["rows"], result["written"], result["older"]
    if not rows:
        return "its data has no rows"
    new = f"{written} new or changed" if written else "nothing new"
    kept = f", {older} kept because what was pushed is newer" if older else ""
    counted = "1 row" if rows == 1 else f"{rows} rows"
    return f"{counted} up to {result['newest']}, {new}{kept}"


def _problem(message: str, hint: str) -> TargetError:
    return TargetError(Diagnostic("unknown-view", message, Span("exai.yaml"), hint=hint))
