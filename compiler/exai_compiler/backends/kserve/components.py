"""What stands beside the predictor: a transformer, an explainer, the logger and the batcher.

In: blocks of a Service. Out: parts of an InferenceService (pkg/apis/serving/v1beta1). KServe itself
adds `--model_name`, `--predictor_host` and `--http_port` to the arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.backends.kserve.scale import scale
from exai_compiler.maybe import Tree
from exai_compiler.pods import container
from exai_compiler.pods.pod import own_container, pod
from exai_specs.kinds.components import MAIN, ComponentFields, Explainer, Transformer
from exai_specs.kinds.deployment_strategy import DeploymentStrategy
from exai_specs.kinds.environment import Environment
from exai_specs.kinds.model_files import Storage
from exai_specs.kinds.request_handling import Batcher, Logger

COLLOCATED = "transformer-container"
STORAGE_URI = "STORAGE_URI"
PROTOCOL = "PROTOCOL"


def own_component(
    block: ComponentFields, environment: Environment, variables: Mapping[str, Tree]
) -> dict[str, Tree]:
    """A component whose main container is the user's image. `variables` are exai's; the block's own
    win.
    """
    main = own_container(block.container_name or MAIN, block, environment)
    more = tuple(
        MappingProxyType({"name": name, "value": variables[name]})
        for name in sorted(variables)
        if name not in block.env
    )
    env = (*more, *container.env(block.env, environment))
    if env:
        main["env"] = env
    around = pod(block, environment)
    beside = around.pop("containers", ())
    containers = (MappingProxyType(main), *(beside if isinstance(beside, tuple) else ()))
    return {**around, "containers": containers, **scale(block)}


def transformer(block: Transformer, environment: Environment, protocol: str) -> Tree:
    """`spec.transformer`."""
    return _sorted(own_component(block, environment, _variables(block.model, protocol)))


def collocated(block: Transformer, environment: Environment) -> dict[str, Tree]:
    """The container of a transformer in the pods of the predictor."""
    found = own_container(COLLOCATED, block, environment)
    return dict(sorted(found.items()))


def explainer(block: Explainer, environment: Environment, protocol: str) -> Tree:
    """`spec.explainer`."""
    if block.art is None:
        return _sorted(own_component(block, environment, _variables(block.model, protocol)))
    art: dict[str, Tree] = {"type": block.art.type}
    if block.art.config:
        art["config"] = _sorted(block.art.config)
    if block.art.runtime_version is not None:
        art["runtimeVersion"] = block.art.runtime_version
    if block.model is not None:
        art["storageUri"] = block.model.uri
    stated = own_container("", block, environment)
    stated.pop("name")
    return _sorted({**pod(block, environment), **scale(block), "art": _sorted({**stated, **art})})


def logger(block: Logger) -> Tree:
    """`logger` of the predictor."""
    found: dict[str, Tree] = {"mode": block.mode}
    if block.url is not None:
        found["url"] = block.url
    if block.headers:
        found["metadataHeaders"] = block.headers
    if block.storage is not None:
        found["storage"] = storage(block.storage)
    return _sorted(found)


def batcher(block: Batcher) -> Tree:
    """`batcher` of the predictor: milliseconds and seconds."""
    stated: dict[str, Tree] = {
        "maxBatchSize": block.max_batch_size,
        "maxLatency": block.max_latency.ms if block.max_latency is not None else None,
        "timeout": block.timeout.seconds_exact() if block.timeout is not None else None,
    }
    return _sorted({name: value for name, value in stated.items() if value is not None})


def strategy(block: DeploymentStrategy) -> Tree:
    """`deploymentStrategy`, Kubernetes' own."""
    found: dict[str, Tree] = {"type": block.type}
    if block.rolling_update is not None:
        stated = {
            "maxSurge": block.rolling_update.max_surge,
            "maxUnavailable": block.rolling_update.max_unavailable,
        }
        found["rollingUpdate"] = MappingProxyType(
            {
                name: int(value) if value.isdigit() else value
                for name, value in stated.items()
                if value is not None
            }
        )
    return _sorted(found)


def storage(block: Storage) -> Tree:
    """KServe's StorageSpec."""
    found: dict[str, Tree] = {"path": block.path}
    if block.key is not None:
        found["key"] = block.key
    if block.parameters:
        found["parameters"] = _sorted(block.parameters)
    return _sorted(found)


def _variables(model: object, protocol: str) -> Mapping[str, Tree]:
    found: dict[str, Tree] = {PROTOCOL: protocol}
    uri = getattr(model, "uri", None)
    if uri is not None:
        found[STORAGE_URI] = uri
    return found


def _sorted(values: Mapping[str, Tree]) -> Mapping[str, Tree]:
    return MappingProxyType(dict(sorted(values.items())))
