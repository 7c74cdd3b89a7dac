"""The transformer of a Service with features, which looks them up and asks the predictor.

In: a Service, its environment. Out: `spec.transformer`, and on a cluster the ConfigMap with the
feature store's address. KServe itself adds `--predictor_host` to the arguments, and
`--model_name NAME` and `--http_port 8080` again (pkg/apis/serving/v1beta1/transformer_custom.go).
Secrets stay references.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.backends.kserve import runtime
from exai_compiler.changes import ObjectId
from exai_compiler.features import secret_variables, store_digest, store_file
from exai_compiler.maybe import Tree
from exai_compiler.pods import container, pod
from exai_compiler.resolved import Resolved
from exai_specs.frozen import Json, canonical
from exai_specs.kinds import ServiceSpec
from exai_specs.kinds.served_features import ServedFeatures
from exai_specs.kinds.workload import SecretRef

STORE = "exai-features"
STORE_DIR = "/mnt/feature-repository"
POLICY = "EXAI_FEATURES"
_VOLUME = "feature-repository"
_VOLUMES: tuple[Tree, ...] = (
    MappingProxyType({"configMap": MappingProxyType({"name": STORE}), "name": _VOLUME}),
)
_MOUNTS: tuple[Tree, ...] = (
    MappingProxyType({"mountPath": STORE_DIR, "name": _VOLUME, "readOnly": True}),
)


def transformer(
    resolved: Resolved, name: str, body: ServiceSpec, features: ServedFeatures
) -> Mapping[str, Tree]:
    """The component without its scale, which is the predictor's."""
    environment = resolved.environment
    variables = {
        **_secrets(resolved),
        POLICY: policy(features),
        "EXAI_FEATURE_REPOSITORY": STORE_DIR,
        # Another store is another process: what is mounted is read when one starts.
        "EXAI_STORE_DIGEST": store_digest(resolved.project, environment)[:12],
        # What a custom component speaks; without it KServe takes it for v1.
        "PROTOCOL": body.protocol,
    }
    server: dict[str, Tree] = {
        "name": "kserve-container",
        "image": environment.images.serve or runtime.LOCAL_IMAGE,
        "command": ("python3", "-m", "exai_components.serve"),
        "args": (
            "--transformer",
            "--host=0.0.0.0",
            f"--http_port={runtime.PORT}",
            f"--model_name={name}",
        ),
        "env": container.env(variables, environment),
        # KServe's webhook would write its own here.
        "resources": pod.AMOUNTS,
        "securityContext": pod.SECURITY,
        "volumeMounts": _MOUNTS,
    }
    return {"containers": (MappingProxyType(server),), "volumes": _VOLUMES}


def _secrets(resolved: Resolved) -> Mapping[str, SecretRef]:
    """Of the environment's store, without what only training reads: asked once for all services."""
    environment = resolved.environment
    # The environment stays beside them, so no other one has its identity.
    found, _ = resolved.project.once(
        ("secrets of the store", id(environment)),
        lambda: (secret_variables(environment, ("registry", "online_store")), environment),
    )
    return found


def policy(features: ServedFeatures) -> str:
    """EXAI_FEATURES. No `$`: Kubernetes would expand `$(NAME)`."""
    value: dict[str, Json] = {
        "service": features.service,
        "onMissing": features.on_missing,
        "defaults": features.defaults,
    }
    return canonical(value).decode().replace("$", "\\u0024")


def store_id() -> ObjectId:
    return ObjectId("v1", "ConfigMap", STORE)


def store(resolved: Resolved) -> Tree:
    """feature_store.yaml for the transformers of the environment. What is defined, transforms
    included, comes from Feast's registry.
    """
    environment = resolved.environment
    metadata: dict[str, Tree] = {"name": STORE, "labels": runtime.MANAGED}
    if environment.namespace is not None:
        metadata["namespace"] = environment.namespace
    text = store_file(resolved.project, environment)
    return MappingProxyType(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": MappingProxyType(metadata),
            "data": MappingProxyType({"feature_store.yaml": text}),
        }
    )
