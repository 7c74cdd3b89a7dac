"""The facts stage of the local target: models, data and runs as they are now. Reads only; caches
outside the project.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.facts import Facts, ModelFacts, RunFact
from exai_compiler.project import Project
from exai_runtime.local import fact_cache, registry
from exai_runtime.local.answers import Answers
from exai_runtime.local.connections import data_root
from exai_runtime.local.content import ContentCache
from exai_runtime.local.data import data_versions
from exai_runtime.local.features.drift import Online, online
from exai_runtime.local.paths import Paths, RunPaths, cache_folder
from exai_runtime.local.run_requests import held, read_request, read_result
from exai_runtime.local.runs import all_runs
from exai_specs.kinds.environment import Environment
from exai_specs.values import frozen


@frozen
class FactReader:
    """Facts of one environment."""

    paths: Paths
    environment: Environment
    answers: Answers | None = None
    online: Online | None = None

    def facts(self, project: Project) -> Facts:
        cache = cache_folder() / self.paths.owner
        root = data_root(self.paths, self.environment)
        answers = self.answers or Answers(self.paths, self.environment, cache / "answers.json")
        content = ContentCache(cache / "content.json")
        data = data_versions(project, self.environment, root, content, answers)
        return Facts(
            models=self.models(),
            data=data.versions,
            failures=data.failures,
            runs=tuple(fact for run in all_runs(self.paths) if (fact := _run_fact(run))),
            materialized=(self.online or online(self.paths, self.environment, project)).views,
        )

    def kept(self) -> Facts:
        """What is known of models and runs without MLflow and without a look at data: from the
        cache while the registry's stamp is the same, else `unread`.
        """
        runs = tuple(fact for run in all_runs(self.paths) if (fact := _run_fact(run)))
        stamp = registry.stamp(self.paths.registry)
        if stamp is None:
            return Facts(runs=runs)
        kept = cache_folder() / self.paths.owner / "models.json"
        models = fact_cache.load(kept, stamp)
        if models is None:
            return Facts(runs=runs, unread="the registry has changed since it was last read")
        return Facts(models=models, runs=runs)

    def models(self) -> Mapping[str, ModelFacts]:
        """From the cache while the registry's stamp is the same; else from the registry."""
        stamp = registry.stamp(self.paths.registry)
        if stamp is None:
            return {}
        kept = cache_folder() / self.paths.owner / "models.json"
        if (known := fact_cache.load(kept, stamp)) is not None:
            return known
        while True:
            models = registry.read_models(self.paths.registry)
            after = registry.stamp(self.paths.registry)
            if after == stamp:
                fact_cache.save(kept, stamp, models)
            if after is None or after == stamp:
                return models
            stamp = after  # somebody wrote while we read: once more


def _run_fact(run: RunPaths) -> RunFact | None:
    """None for a run that was killed before it ended and has no process: it is as if it had never
    been.
    """
    result = read_result(run)
    request = read_request(run)
    if result is not None:
        return RunFact(
            key=result.key,
            pipeline=result.pipeline,
            spec_key=result.spec_key,
            data=result.data,
            state=result.state,
            detail=result.detail,
            log=result.log,
            generation=result.generation,
            by_hand=request is not None and request.by_hand,
        )
    if request is None or not held(run):
        return None
    return RunFact(
        request.key,
        request.pipeline,
        request.spec_key,
        request.data,
        "running",
        log=str(run.log),
        by_hand=request.by_hand,
    )
