"""Changes of an InferenceService: a process that answers, recorded only once it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from exai_compiler.build import Build
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Tree
from exai_runtime.local import services
from exai_runtime.local.connections import container_variables, secrets_of
from exai_runtime.local.control import Control
from exai_runtime.local.features.paths import feature_paths
from exai_runtime.local.ledger import Served
from exai_runtime.local.paths import Paths
from exai_runtime.local.rendered import fixed_ports, looks_up, model_container, plain, wanted
from exai_runtime.local.surroundings import surroundings
from exai_runtime.target import Listener, Progress
from exai_specs.kinds.environment import Environment
from exai_specs.values import frozen


@frozen
class ServiceExecutor:
    """Services of one environment."""

    paths: Paths
    environment: Environment
    control: Control

    def serve(
        self,
        which: ObjectId,
        body: Tree,
        build: Build,
        record: Callable[[Served], None],
        listen: Listener,
    ) -> str:
        """Bring it up and let the caller record it; its URL. Raises ServiceFailed, TargetError."""
        value = plain(body)
        service = wanted(which.name, value)
        kept = self.control.ledger().services.get(which.name)

        def environment() -> dict[str, str]:
            secrets = secrets_of(self.paths, self.environment)
            env = model_container(value).get("env") or []
            features = looks_up(value)
            of = f"Service/{which.name}"
            variables = container_variables([*env, *(features or [])], secrets, of)
            repository = feature_paths(self.paths.state).repository
            place = {} if features is None else {"EXAI_FEATURE_REPOSITORY": str(repository)}
            return {**surroundings(), **variables.environment(), **place}

        def tell(phase: str, state: Literal["started", "finished"]) -> None:
            listen(Progress(str(which), phase, state))

        served = services.bring_up(self.paths, service, kept, fixed_ports(build), environment, tell)
        record(served)
        services.retire(self.paths, which.name, served.process)
        return services.url(served.port)
