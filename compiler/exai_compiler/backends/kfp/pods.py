"""Where a step's pod is placed, how its image is pulled, who it runs as. In: settings. Out: fields
of KFP's KubernetesExecutorConfig. Numbers of 64 bits are text in a protobuf's JSON.
"""

from __future__ import annotations

from collections.abc import Mapping

from exai_compiler.backends.kfp.names import Names
from exai_compiler.backends.kfp.settings import Settings
from exai_specs.frozen import Json
from exai_specs.kinds.pods import SecurityContext, Toleration


def placed(settings: Settings, names: Names) -> Mapping[str, Json]:
    """All of them that the step has."""
    pod = settings.pod
    found: dict[str, Json] = {}
    if isinstance(settings.node_selector, str):
        found["nodeSelector"] = {"nodeSelectorJson": names.given(settings.node_selector)}
    elif settings.node_selector:
        found["nodeSelector"] = {"labels": dict(sorted(settings.node_selector.items()))}
    if isinstance(settings.tolerations, str):
        found["tolerations"] = ({"tolerationJson": names.given(settings.tolerations)},)
    elif settings.tolerations:
        found["tolerations"] = tuple(_toleration(each) for each in settings.tolerations)
    if pod.image_pull_secrets:
        found["imagePullSecret"] = tuple(names.secret(s.name) for s in pod.image_pull_secrets)
    if pod.image_pull_policy is not None:
        found["imagePullPolicy"] = pod.image_pull_policy
    if pod.security_context is not None:
        found["securityContext"] = _security(pod.security_context)
    if pod.pod_labels or pod.pod_annotations:
        metadata = {"labels": pod.pod_labels, "annotations": pod.pod_annotations}
        found["podMetadata"] = {k: dict(sorted(v.items())) for k, v in metadata.items() if v}
    if pod.kubernetes is not None:
        from exai_compiler.backends.kfp.affinity import near  # few pipelines ask for more

        found |= near(pod.kubernetes, names)
    return found


def _toleration(toleration: Toleration) -> Json:
    seconds = toleration.toleration_seconds
    fields = {
        "key": toleration.key,
        "operator": toleration.operator,
        "value": toleration.value,
        "effect": toleration.effect,
        "tolerationSeconds": str(seconds) if seconds is not None else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _security(context: SecurityContext) -> Json:
    found: dict[str, Json] = {}
    if context.run_as_user is not None:
        found["runAsUser"] = str(context.run_as_user)
    if context.run_as_group is not None:
        found["runAsGroup"] = str(context.run_as_group)
    if context.run_as_non_root is not None:
        found["runAsNonRoot"] = context.run_as_non_root
    return found
