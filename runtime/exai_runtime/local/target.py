"""The local target: a Reader always, a Writer inside `with`.

A Reader creates nothing: no folder, no file, no lock; it may read and fill the cache outside the
project. Entering takes the lock of the environment and opens its control plane; leaving ends what
killed applies left behind.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING

from exai_compiler.build import Build, Live, Observed
from exai_compiler.changes import (
    Change,
    FieldChange,
    ObjectId,
    Outcome,
)
from exai_compiler.facts import Facts, ModelFacts
from exai_compiler.maybe import Known
from exai_compiler.project import Project
from exai_runtime.git_head import head
from exai_runtime.local import runs, server_process, services
from exai_runtime.local.answers import Answers
from exai_runtime.local.connections import data_root
from exai_runtime.local.content import ContentCache
from exai_runtime.local.control import Control
from exai_runtime.local.execute import Executor
from exai_runtime.local.facts import FactReader
from exai_runtime.local.features.drift import Online, online, repository_drift, unsure_of
from exai_runtime.local.features.execute import REPOSITORY_KIND
from exai_runtime.local.features.paths import feature_paths
from exai_runtime.local.features.process import feature_process
from exai_runtime.local.features.records import Pushes
from exai_runtime.local.health import health, started_at
from exai_runtime.local.ledger import Ledger, read
from exai_runtime.local.lock import ApplyLock
from exai_runtime.local.log_tail import tail
from exai_runtime.local.paths import Paths, cache_folder, prepare, remove_private
from exai_runtime.local.port_problems import port_problems
from exai_runtime.local.process import alive
from exai_runtime.local.rendered import (
    SERVICE_KIND,
    VERSION_ANNOTATION,
    annotation,
    folder_of,
    model_container,
    plain,
)
from exai_runtime.local.run_requests import held, read_request
from exai_runtime.local.searches.executor import SEARCH_KIND
from exai_runtime.local.searches.executor import end as end_search
from exai_runtime.local.sources import Look, source_problems
from exai_runtime.local.sweep import sweep
from exai_runtime.results import Serving
from exai_runtime.target import Health, Listener
from exai_specs.diagnostics import Diagnostic
from exai_specs.identity import Ref
from exai_specs.kinds.environment import Environment

if TYPE_CHECKING:
    from exai_runtime.local.recorded import Recorded

_LOG_LINES = 200


class LocalTarget:
    """One environment of one project on this machine. `root` is the project's folder, `project` its
    name.
    """

    def __init__(
        self,
        root: Path,
        name: str,
        environment: Environment,
        project: str,
        specs: Project | None = None,
    ) -> None:
        """`specs` are the documents: features are read from the datasets that they declare."""
        self.paths = Paths(root.absolute(), name)
        self.environment = environment
        self._project = project
        self._lock = ApplyLock(self.paths.lock, f".exai/{name}/apply.lock")
        self._control: Control | None = None
        self._made = False
        self._specs = specs
        kept = cache_folder() / self.paths.owner / "answers.json"
        self._online: Online | None = None  # as the facts had it last
        self._answers = Answers(self.paths, environment, kept)
        self.features = feature_process(self.paths, environment, project, writes=True)

    # What a Reader does.

    def facts(self, project: Project) -> Facts:
        self._online = online(self.paths, self.environment, project)
        return FactReader(self.paths, self.environment, self._answers, self._online).facts(project)

    def kept_facts(self) -> Facts:
        """What is known of models and runs at once: asks nobody, imports nothing heavy."""
        return FactReader(self.paths, self.environment).kept()

    def problems(self, project: Project, read: frozenset[str]) -> tuple[Diagnostic, ...]:
        root = data_root(self.paths, self.environment)
        content = ContentCache(cache_folder() / self.paths.owner / "content.json")
        asked = Look(root, content, self._answers)
        found = self._online or online(self.paths, self.environment)
        return (
            *source_problems(project, self.environment, asked, read),
            *unsure_of(found, project, self.paths.environment),
            *port_problems(project, self.paths, self._ledger),
        )

    def observe(self) -> Observed:
        ledger = self._ledger()
        found = {
            key: _with_drift(key, live, ledger, self.paths) for key, live in ledger.objects.items()
        }
        return Observed(MappingProxyType(found))

    def health(self, build: Build) -> tuple[Health, ...]:
        return health(self.paths, build, self._ledger())

    def recorded(self) -> Recorded:
        """How what was applied is doing, where nobody can say what should be here."""
        from exai_runtime.local.recorded import recorded

        found = online(self.paths, self.environment)
        return recorded(self.paths, self._ledger(), found, datetime.now(UTC))

    def models(self) -> Mapping[str, ModelFacts]:
        """What the registry has, whatever the specs ask for."""
        return FactReader(self.paths, self.environment).models()

    def logs(self, ref: Ref) -> Iterable[str]:
        if ref.kind == "Service":
            return tail(self.paths.service_log(ref.name), _LOG_LINES)
        mine = [
            run
            for run in runs.all_runs(self.paths)
            if (asked := read_request(run)) and asked.pipeline == ref.name
        ]
        newest = max(mine, key=lambda run: run.request.stat().st_mtime_ns, default=None)
        return tail(newest.log, _LOG_LINES) if newest else ()

    def address(self, service: str) -> str | None:
        """Where a service answers; None when it has no process."""
        served = self._ledger().services.get(service)
        return services.url(served.port) if served and alive(served.process) else None

    def protocols(self) -> Mapping[str, str]:
        """The protocol of every service that was applied."""
        found = {
            which.name: str(model_container(plain(live.body)).get("protocolVersion", ""))
            for which, live in self._ledger().objects.items()
            if which.kind == SERVICE_KIND
        }
        return MappingProxyType(found)

    def serving(self) -> tuple[Serving, ...]:
        """What each running service serves."""
        ledger = self._ledger()
        rows = []
        for which, live in ledger.objects.items():
            served = ledger.services.get(which.name)
            if which.kind != SERVICE_KIND or served is None or not alive(served.process):
                continue
            body = plain(live.body)
            version = annotation(body, VERSION_ANNOTATION)
            model = folder_of(body["spec"]["predictor"]["model"]["storageUri"]).parent.name
            since = started_at(served.process)
            rows.append(Serving(which, model, int(version) if version.isdigit() else None, since))
        return tuple(rows)

    def pushes(self) -> Mapping[str, Pushes]:
        """What was pushed to each view since it was last written anew."""
        return self._ledger().online.pushes

    def _ledger(self) -> Ledger:
        return self._control.ledger() if self._control else read(self.paths.control)

    # What a Writer does.

    def __enter__(self) -> LocalTarget:
        self._made = not self.paths.state.exists()
        prepare(self.paths)
        self._lock.__enter__()
        try:
            self._control = Control(self.paths.control, head(self.paths.root))
        except BaseException:
            self._lock.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.features.close()
        try:
            if self._control is not None:
                ledger = self._control.ledger() if kind is None or self._made else None
                if kind is None and ledger is not None:
                    sweep(self.paths, ledger)
                self._control.close()
                if self._made and ledger is not None:
                    self._leave_nothing(ledger)
        finally:
            self._control = None
            self._lock.__exit__(kind, error, trace)

    def apply(self, change: Change, build: Build, listen: Listener) -> Outcome:
        """Exactly this change, with a journal line that says how it ended."""
        executor = Executor(
            self.paths, self.environment, self._project, self._writer(), self.features, self._specs
        )
        return executor.execute(change, build, listen)

    def record_push(self, view: str, rows: int, newest: str) -> None:
        """Rows that came; `newest` is the last time among them, in UTC."""
        self._writer().online.push(view, rows, newest)

    def purge(self) -> None:
        """Stop whatever runs, then remove the state folder with its models, runs, registry."""
        self._writer()
        self.features.close()
        for name in sorted(
            {server_process.service_of(one) for one in server_process.find(self.paths)}
        ):
            services.retire(self.paths, name, None)
        for run in runs.all_runs(self.paths):
            if held(run):
                runs.end(self.paths, run.folder.name)
        for which in self._ledger().objects:
            if which.kind == SEARCH_KIND:
                end_search(self.paths, which.name)
        if self._control is not None:
            self._control.close()
            self._control = None
        shutil.rmtree(self.paths.state)
        shutil.rmtree(cache_folder() / self.paths.owner, ignore_errors=True)
        remove_private(self.paths, everything=True)
        _remove_if_only_ignored(self.paths.root / ".exai")

    def keeps_history(self) -> bool:
        """Whether models, runs or a registry are there, beside what says who owns what."""
        own = (self.paths.control.name, self.paths.lock.name)
        return any(not entry.name.startswith(own) for entry in self.paths.state.iterdir())

    def _leave_nothing(self, ledger: Ledger) -> None:
        """The folder that this writer made goes with it when nothing came of it."""
        own = {self.paths.control.name, self.paths.lock.name}
        if not ledger.journal and {entry.name for entry in self.paths.state.iterdir()} <= own:
            shutil.rmtree(self.paths.state)
            _remove_if_only_ignored(self.paths.root / ".exai")

    def _writer(self) -> Control:
        if self._control is None:
            raise RuntimeError("a target changes things inside `with` only")
        return self._control


def _with_drift(which: ObjectId, live: Live, ledger: Ledger, paths: Paths) -> Live:
    """An InferenceService whose process is gone has drifted, whatever its body says; so has a
    feature repository whose files are.
    """
    if which.kind == REPOSITORY_KIND:
        lost = repository_drift(feature_paths(paths.state), plain(live.body))
        return Live(live.body, live.origin, live.sequence, (*live.drift, *lost))
    if which.kind != SERVICE_KIND:
        return live
    served = ledger.services.get(which.name)
    if served is not None and alive(served.process):
        return live
    gone = FieldChange(("status", "process"), Known("gone"), Known("running"), "drifted")
    return Live(live.body, live.origin, live.sequence, (*live.drift, gone))


def _remove_if_only_ignored(folder: Path) -> None:
    """`.exai` goes when nothing but its .gitignore is left: secrets of the user's stay."""
    if [entry.name for entry in folder.iterdir()] == [".gitignore"]:
        shutil.rmtree(folder)
