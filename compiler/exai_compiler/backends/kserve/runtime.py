"""The ServingRuntimes of exai's own model server: one for each format of models.

In: an environment, a format. Out: its body, the same for every service of the environment.
`{{.Name}}` is KServe's own placeholder: the InferenceService's name.

KServe ships none for H2O's MOJO. For scikit-learn it has kserve-sklearnserver, which reads the same
folder (its one `model.joblib`): exai's is never chosen by itself, only where it is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.backends.kserve.formats import H2O, SKLEARN
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Tree
from exai_compiler.pods.pod import AMOUNTS, SECURITY
from exai_specs.kinds import Environment
from exai_specs.values import frozen


@frozen
class Served:
    """A format that exai's server reads. `auto_select`: KServe may choose the runtime for it."""

    format: str
    version: str
    auto_select: bool

    @property
    def runtime(self) -> str:
        return f"exai-{self.format}"


SERVED: Mapping[str, Served] = MappingProxyType(
    {H2O: Served(H2O, "3", True), SKLEARN: Served(SKLEARN, "1", False)}
)
PROTOCOLS = ("v1", "v2")
PRIORITY = 1
PORT = 8080
MODEL_DIR = "/mnt/models"

# The name that the local target replaces by its own interpreter; a cluster's environment names an
# image by digest.
LOCAL_IMAGE = "exai/python-serve"

API = "serving.kserve.io/v1alpha1"
KIND = "ServingRuntime"

MANAGED = MappingProxyType({"app.kubernetes.io/managed-by": "exai"})


def runtime_id(served: Served) -> ObjectId:
    return ObjectId(API, KIND, served.runtime)


def runtime(environment: Environment, served: Served) -> Tree:
    """The whole object. Resources are a default that a Service's own replace."""
    metadata: dict[str, Tree] = {"name": served.runtime, "labels": MANAGED}
    if environment.namespace is not None:
        metadata["namespace"] = environment.namespace
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
        "resources": AMOUNTS,
        "securityContext": SECURITY,
    }
    formats: dict[str, Tree] = {
        "autoSelect": served.auto_select,
        "name": served.format,
        "version": served.version,
    }
    if served.auto_select:
        formats["priority"] = PRIORITY
    spec: dict[str, Tree] = {
        "annotations": MappingProxyType(
            {"prometheus.kserve.io/path": "/metrics", "prometheus.kserve.io/port": str(PORT)}
        ),
        "containers": (MappingProxyType(container),),
        "protocolVersions": PROTOCOLS,
        "supportedModelFormats": (MappingProxyType(formats),),
    }
    return MappingProxyType(
        {
            "apiVersion": API,
            "kind": KIND,
            "metadata": MappingProxyType(metadata),
            "spec": MappingProxyType(spec),
        }
    )
