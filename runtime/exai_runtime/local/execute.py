"""Each change of a plan, done on this machine, with its line in the journal. Nothing is decided
here.
"""

from __future__ import annotations

import shutil
from typing import assert_never

from exai_compiler.build import Build
from exai_compiler.changes import (
    Change,
    Create,
    Delete,
    Judge,
    Materialize,
    MoveAlias,
    ObjectId,
    Outcome,
    Replace,
    Result,
    Run,
    Update,
    subject,
    verb,
)
from exai_compiler.maybe import Known, Tree, Unknown, unknowns
from exai_compiler.project import Project
from exai_runtime.local import registry, runs, services
from exai_runtime.local.control import Control
from exai_runtime.local.execute_run import RunExecutor
from exai_runtime.local.execute_service import ServiceExecutor
from exai_runtime.local.features.execute import REPOSITORY_KIND, FeatureExecutor
from exai_runtime.local.features.process import FeatureProcess
from exai_runtime.local.features.standing import standing_repository
from exai_runtime.local.ledger import Served
from exai_runtime.local.paths import Paths
from exai_runtime.local.rendered import SERVICE_KIND, body_of, plain
from exai_runtime.local.searches.executor import (
    SEARCH_KIND,
    SearchExecutor,
    remove,
    search_paths,
)
from exai_runtime.local.server_process import ServiceFailed
from exai_runtime.target import Listener, TargetError
from exai_specs.identity import Ref
from exai_specs.kinds.environment import Environment
from exai_specs.values import frozen


@frozen
class _New:
    id: ObjectId
    origin: Ref
    body: Tree


@frozen
class Executor:
    """Needs the environment's lock, as its `control` does."""

    paths: Paths
    environment: Environment
    project: str
    control: Control
    features: FeatureProcess
    specs: Project | None = None

    def execute(self, change: Change, build: Build, listen: Listener) -> Outcome:
        """Do it. What a person can mend comes back as a failed outcome; an interrupt goes on."""
        line = self.control.begin(verb(change), subject(change))
        try:
            outcome = self._do(line, change, build, listen)
        except TargetError as error:
            problem = error.diagnostic
            said = problem.message, problem.hint
            outcome = Outcome(change, "failed", *said, code=problem.code)
        except BaseException as error:
            with self.control.ending(line, "interrupted", type(error).__name__):
                pass
            raise
        if outcome.result in ("failed", "pending"):
            with self.control.ending(line, outcome.result, outcome.detail):
                pass
        return outcome

    def _do(self, line: int, change: Change, build: Build, listen: Listener) -> Outcome:
        match change:
            case Create():
                new = _New(change.id, change.origin, change.body)
                return self._put(line, change, new, "created", build, listen)
            case Update():
                new = _New(change.id, change.origin, change.body)
                return self._put(line, change, new, "updated", build, listen)
            case Replace():
                return self._replace(line, change, build, listen)
            case Run():
                executor = RunExecutor(self.paths, self.environment, self.project)
                return self._ended(line, executor.execute(change, build, listen))
            case Judge():
                return self._judge(line, change, build)
            case MoveAlias():
                return self._move(line, change, build)
            case Materialize():
                return self._materialize(line, change, build)
            case Delete():
                self._delete(line, change.id, "deleted")
                return Outcome(change, "deleted")
        assert_never(change)

    def _replace(self, line: int, change: Replace, build: Build, listen: Listener) -> Outcome:
        body = body_of(build, change.by)
        if body is None:
            return Outcome(change, "failed", f"the build holds no {change.by}", "plan again")
        new = _New(change.by, change.origin, body)
        outcome = self._put(line, change, new, "replaced", build, listen)
        if outcome.result == "replaced" and change.id != change.by:
            self._delete(line, change.id, "replaced")
        return outcome

    def _put(
        self,
        line: int,
        change: Change,
        new: _New,
        result: Result,
        build: Build,
        listen: Listener,
    ) -> Outcome:
        waits = next(unknowns(new.body), None)
        if waits is not None:
            return Outcome(change, "pending", f"waits for {waits.waits_for}: {waits.reason}")
        detail = ""
        if new.id.kind == SERVICE_KIND:

            def record(served: Served) -> None:
                with self.control.ending(line, result) as store:
                    store.store(new.id, new.origin, plain(new.body))
                    store.store_service(served)

            executor = ServiceExecutor(self.paths, self.environment, self.control)
            try:
                detail = executor.serve(new.id, new.body, build, record, listen)
            except ServiceFailed as failure:
                log = str(self.paths.service_log(new.id.name)) if failure.lines else ""
                said = (failure.detail, failure.hint, log, failure.lines)
                return Outcome(change, "failed", *said, code=failure.code)
        elif new.id.kind == SEARCH_KIND:
            body = plain(new.body)
            searcher = SearchExecutor(self.paths, self.environment, self.project)
            found = searcher.search(new.id, new.origin, body, listen)
            log = str(search_paths(self.paths, new.id.name).log)
            if found is None:
                why = "its process died before it ended"
                return Outcome(change, "failed", why, "apply again: it goes on where it was", log)
            if found.state == "failed":
                hint = "apply again for as many trials more"
                return Outcome(change, "failed", found.detail, hint, log)
            detail = found.detail
            with self.control.ending(line, result, detail) as store:
                store.store(new.id, new.origin, body)
        elif new.id.kind == REPOSITORY_KIND:
            body = plain(new.body)
            kept, detail = self._features().put(body)
            with self.control.ending(line, result, detail) as store:
                store.store(new.id, new.origin, body)
                store.online.keep(kept)
        else:
            with self.control.ending(line, result) as store:
                store.store(new.id, new.origin, plain(new.body))
        return Outcome(change, result, detail)

    def _materialize(self, line: int, change: Materialize, build: Build) -> Outcome:
        body = next((o.body for o in build.objects if o.id.kind == REPOSITORY_KIND), None)
        if body is None:
            return Outcome(change, "failed", "the build holds no feature repository", "plan again")
        features = self._features()
        brought = features.materialize(change, build, plain(body))
        with self.control.ending(line, "succeeded", brought.said) as store:
            store.online.finish(brought.recorded, anew=brought.anew)
        features.prune()
        return Outcome(change, "succeeded", brought.said)

    def _features(self) -> FeatureExecutor:
        return FeatureExecutor(self.features, self.control, self.specs)

    def _judge(self, line: int, change: Judge, build: Build) -> Outcome:
        found = next((p for p in build.promotions if p.model == change.model), None)
        if found is None or found.verdict is None:
            return Outcome(
                change, "failed", "the build holds no verdict on this model", "plan again"
            )
        registry.record_verdict(self.paths.registry, found.verdict)
        missed = [result.metric for result in found.verdict.results if not result.passed]
        said = f"missed {', '.join(missed)}" if missed else "passed its gates"
        detail = f"version {found.verdict.version} {said}"
        with self.control.ending(line, "succeeded", detail) as store:
            store.store_verdict(line, found.verdict)
        return Outcome(change, "succeeded", detail)

    def _move(self, line: int, change: MoveAlias, build: Build) -> Outcome:
        match change.to:
            case Known(value=number):
                name = change.model.name
                registry.move_alias(self.paths.registry, name, change.alias, number)
                stood = next((p.current for p in build.promotions if p.model == change.model), {})
                detail = f"to version {number}"
                with self.control.ending(line, "moved", detail) as store:
                    store.store_move(line, name, change.alias, stood.get(change.alias), number)
                return Outcome(change, "moved", detail)
            case Unknown(reason=reason):
                return Outcome(change, "pending", reason)
        assert_never(change.to)

    def _delete(self, line: int, which: ObjectId, result: Result) -> None:
        succeeded = False
        if which.kind == SERVICE_KIND:
            services.retire(self.paths, which.name, None)
            shutil.rmtree(self.paths.service(which.name), ignore_errors=True)
        elif which.kind == REPOSITORY_KIND:
            objects = self.control.ledger().objects
            live = objects.get(which)
            body = None if live is None else plain(live.body)
            # The folder is the environment's: that of a Project which was renamed has it by now.
            succeeded = live is not standing_repository(objects)
            if not succeeded:
                self._features().remove(body)
            elif body is not None:
                self._features().forget(body)
        elif which.kind == SEARCH_KIND:
            remove(self.paths, which.name)
        elif which.kind == "Pipeline":
            for key in tuple(runs.others(self.paths, which.name, "")):
                runs.end(self.paths, key)
        with self.control.ending(line, result) as store:
            store.remove(which)
            if which.kind == SERVICE_KIND:
                store.remove_service(which.name)
            elif which.kind == REPOSITORY_KIND and not succeeded:
                store.online.keep(())

    def _ended(self, line: int, outcome: Outcome) -> Outcome:
        with self.control.ending(line, outcome.result, outcome.detail):
            return outcome
