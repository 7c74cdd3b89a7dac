"""The ServingRuntime that serves H2O MOJO models, which KServe ships none for.

In: an environment. Out: its body, the same for every service of the environment. `{{.Name}}` is
KServe's own placeholder: the InferenceService's name.
"""

from __future__ import annotations

from types import MappingProxyType

from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Tree
from exai_specs.kinds import Environment

NAME = "exai-h2o-mojo"
FORMAT, FORMAT_VERSION = "h2o-mojo", "3"
PROTOCOLS = ("v1", "v2")
PORT = 8080
MODEL_DIR = "/mnt/models"

# The name that the local target replaces by its own interpreter; a cluster's environment names an
# image by digest.
LOCAL_IMAGE = "exai/python-serve"

API = "serving.kserve.io/v1alpha1"
KIND = "ServingRuntime"

MANAGED = MappingProxyType({"app.kubernetes.io/managed-by": "exai"})

# The Pod Security Standards' profile "restricted".
SECURITY: Tree = MappingProxyType(
    {
        "allowPrivilegeEscalation": False,
        "capabilities": MappingProxyType({"drop": ("ALL",)}),
        "privileged": False,
        "runAsNonRoot": True,
        "seccompProfile": MappingProxyType({"type": "RuntimeDefault"}),
    }
)


def runtime_id() -> ObjectId:
    return ObjectId(API, KIND, NAME)


def runtime(environment: Environment) -> Tree:
    """The whole object. Resources are a default that a Service's own replace."""
    metadata: dict[str, Tree] = {"name": NAME, "labels": MANAGED}
    if environment.namespace is not None:
        metadata["namespace"] = environment.namespace
    amounts = MappingProxyType({"cpu": "1", "memory": "2Gi"})
    container: dict[str, Tree] = {
        "name": "kserve-container",
        "image": environment.images.serve or LOCAL_IMAGE,
        "command": ("python3", "-m", "exai_components.serve"),
        "args": (
            "--model_name={{.Name}}",
            f"--model_dir={MODEL_DIR}",
            f"--http_port={PORT}",
            "--host=0.0.0.0",
        ),
        "resources": MappingProxyType({"limits": amounts, "requests": amounts}),
        "securityContext": SECURITY,
    }
    spec: dict[str, Tree] = {
        "annotations": MappingProxyType(
            {"prometheus.kserve.io/path": "/metrics", "prometheus.kserve.io/port": str(PORT)}
        ),
        "containers": (MappingProxyType(container),),
        "protocolVersions": PROTOCOLS,
        "supportedModelFormats": (
            MappingProxyType(
                {"autoSelect": True, "name": FORMAT, "priority": 1, "version": FORMAT_VERSION}
            ),
        ),
    }
    return MappingProxyType(
        {
            "apiVersion": API,
            "kind": KIND,
            "metadata": MappingProxyType(metadata),
            "spec": MappingProxyType(spec),
        }
    )
