"""How a step runs: its own modifiers over the pipeline's `defaults` (LANGUAGE section 6.1).

In: the specs of a pipeline and a step. Out: `Settings`. Never: what the step works on.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from exai_compiler.graph import Step
from exai_specs.frozen import empty
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.kinds.pods import Toleration
from exai_specs.kinds.step_parts import CacheKey, Retry
from exai_specs.kinds.step_pod import StepPod
from exai_specs.kinds.step_resources import StepResourceFields
from exai_specs.kinds.workload import Amount, ConfigMapRef, FieldRef, SecretRef, stated
from exai_specs.units import Duration
from exai_specs.values import field, fields, frozen, replace

EnvValue = str | SecretRef | ConfigMapRef | FieldRef


@frozen
class Settings:
    """What counts for one step. `env` is sorted by name: a mapping has no order of its own.
    `requests` and `limits` are all of `resources` by the name of each; a limit is stated, or else
    the same as the request.
    """

    env: Mapping[str, EnvValue]
    resources: StepResourceFields | None
    retry: Retry | None
    cache: bool
    timeout: Duration | None
    cache_key: str = ""
    pod: StepPod = field(default_factory=StepPod)
    node_selector: Mapping[str, str] | str = field(default_factory=empty)
    tolerations: tuple[Toleration, ...] | str = ()
    requests: Mapping[str, Amount] = field(default_factory=empty, init=False, compare=False)
    limits: Mapping[str, Amount] = field(default_factory=empty, init=False, compare=False)

    def __hash__(self) -> int:
        # Mappings have no hash; what is rendered of steps with the same settings is kept.
        return hash((self.retry, self.cache, self.timeout, self.cache_key))

    def __post_init__(self) -> None:
        if (asked := self.resources) is not None:
            requests = stated(asked)
            object.__setattr__(self, "requests", requests)
            limits = requests if asked.limits is None else asked.all_limits
            object.__setattr__(self, "limits", limits)


# Most steps say nothing of their pods, and share the value.
_POD = StepPod()
_OF_POD = attrgetter(*(each.name for each in fields(StepPod)))
_NO_POD = _OF_POD(_POD)


def settings(pipeline: PipelineSpec, step: Step) -> Settings:
    """A step's own value wins, env by name.

    A component with effects is never cached: KFP's key has command, inputs and outputs, and sees
    neither that data changed nor that a registry lacks what an earlier run wrote there.
    """
    own, shared = step.spec, pipeline.defaults
    cache = own.cache if own.cache is not None else shared.cache
    pure = step.component is None or step.component.effects == "none"
    return Settings(
        env=dict(sorted({**shared.env, **own.env}.items())) if shared.env or own.env else empty(),
        resources=own.resources if own.resources is not None else shared.resources,
        retry=own.retry if own.retry is not None else shared.retry,
        cache=pure and cache is not False,
        timeout=own.timeout,
        cache_key=cache.key if pure and isinstance(cache, CacheKey) else "",
        pod=own if _OF_POD(own) != _NO_POD else _POD,
        node_selector=own.node_selector or shared.node_selector,
        tolerations=own.tolerations or shared.tolerations,
    )


def of_no_container(own: Settings) -> Settings:
    """A step's settings without those of a container, for what KFP does itself."""
    return replace(
        own,
        env=empty(),
        resources=None,
        timeout=None,
        pod=StepPod(),
        node_selector=empty(),
        tolerations=(),
    )


def told(own: Settings, surroundings: Mapping[str, EnvValue]) -> Settings:
    """A step's settings with what its environment tells it."""
    if not surroundings:
        return own
    return replace(own, env=dict(sorted({**surroundings, **own.env}.items())))
