"""What the local target takes from rendered objects. In: bodies as JSON. Out: what a process is
started with.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from exai_compiler.build import Build
from exai_compiler.changes import ObjectId
from exai_compiler.maybe import Tree
from exai_runtime.local.server_process import Wanted
from exai_specs.frozen import digest, thaw

SERVICE_KIND = "InferenceService"
PORT_ANNOTATION = "exai.dev/local-port"
DIGEST_ANNOTATION = "exai.dev/model-digest"
VERSION_ANNOTATION = "exai.dev/model-version"


def plain(body: Tree) -> dict[str, Any]:
    """The body as plain JSON. All of it must be known by now."""
    value: dict[str, Any] = thaw(body)  # type: ignore[arg-type]
    return value


def body_of(build: Build, which: ObjectId) -> Tree | None:
    """What the build says of an object; None when it holds no such one."""
    return next((item.body for item in build.objects if item.id == which), None)


def annotation(body: Mapping[str, Any], name: str) -> str:
    return str((body.get("metadata", {}).get("annotations") or {}).get(name, ""))


def model_container(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """`spec.predictor.model` of an InferenceService: a container with a model."""
    container: Mapping[str, Any] = body["spec"]["predictor"]["model"]
    return container


def looks_up(body: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The variables of the container that looks features up (core/v1 EnvVar), None without one.

    On a cluster it is a process of its own in front of the model's; here the model's server does
    the same by itself. Where the feature repository is, this machine says.
    """
    transformer = body["spec"].get("transformer")
    if transformer is None:
        return None
    variables = transformer["containers"][0].get("env") or []
    return [item for item in variables if item["name"] not in _CLUSTERS_OWN]


# Where a cluster mounts the repository, and what KServe takes a custom component to speak.
_CLUSTERS_OWN = ("EXAI_FEATURE_REPOSITORY", "PROTOCOL")


def wanted(name: str, body: Mapping[str, Any]) -> Wanted:
    """The process that an InferenceService means here: replicas, resources and labels don't matter
    to it.
    """
    container = model_container(body)
    port = annotation(body, PORT_ANNOTATION)
    model_digest = annotation(body, DIGEST_ANNOTATION) or _environ(container, "EXAI_MODEL_DIGEST")
    arguments = tuple(str(item) for item in container.get("args") or ())
    features = looks_up(body)
    form = {
        **({} if features is None else {"features": features}),
        "args": arguments,
        "digest": model_digest,
        "env": container.get("env") or [],
        "uri": container["storageUri"],
    }
    return Wanted(
        name=name,
        model_dir=folder_of(str(container["storageUri"])),
        digest=model_digest,
        arguments=arguments,
        form=digest(form)[:16],
        port=int(port) if port else None,
    )


def fixed_ports(build: Build) -> Mapping[str, int | None]:
    """Every service of the build, with the port that it asks for; None when any will do."""
    found: dict[str, int | None] = {}
    for item in build.objects:
        if item.id.kind == SERVICE_KIND and isinstance(item.body, Mapping):
            port = annotation(item.body, PORT_ANNOTATION)
            found[item.id.name] = int(port) if port.isdigit() else None
    return MappingProxyType(found)


def folder_of(uri: str) -> Path:
    """The folder of a `file://` URI, or of a plain path."""
    return Path(unquote(urlsplit(uri).path)) if uri.startswith("file:") else Path(uri)


def _environ(container: Mapping[str, Any], name: str) -> str:
    items = container.get("env") or ()
    return next((str(item.get("value", "")) for item in items if item.get("name") == name), "")
