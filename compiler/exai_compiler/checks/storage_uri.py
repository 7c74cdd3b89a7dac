"""`storage-uri`: places of files that KServe's storage initializer doesn't read (targets 1.4), and
stores that no step writes to.

A cluster may have a ClusterStorageContainer for another scheme, so this is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.releases import older
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ModelSpec, ServiceSpec
from exai_specs.kinds.model_files import Files, InlineModel
from exai_specs.parse import Spec
from exai_specs.regexes import regex

# pkg/controller/v1beta1/inferenceservice/utils/utils.go (SupportedStorageURIPrefixList), the
# storage container that KServe ships (config/storagecontainers/default.yaml), and that of the model
# registry.
_LATER = ("oci+native", "oci+fetch", "modelscope")
SCHEMES = (
    *("gs", "s3", "pvc", "file", "https", "http", "hdfs", "webhdfs"),
    *("oci", "hf", "model-registry", *_LATER),
)
# Other tools' words for Azure's stores, which KServe knows by their addresses alone.
_AZURE = ("abfs", "abfss", "adl", "az", "azure", "wasb", "wasbs")
_AZURES = "KServe reads https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH"


# What the step `register-model` writes to (exai_components.object_store), and folders.
WRITTEN = ("s3", "gs", "file")
_BRACED = regex(r"\{\{[^{}]{0,60}\}\}|\$\{[^{}]{0,60}\}|\$\([A-Za-z_]\w{0,60}\)")


def check(subject: Subject) -> Iterator[Diagnostic]:
    yield from _unwritten(subject)
    places = [(spec, path, uri, ()) for spec, path, uri in _uris(subject)]
    for spec, path, uri, where in (*places, *_stores(subject)):
        if (found := unfilled(uri)) is not None:
            start, why, hint = found
            place = spec.document.at(path, start)
            yield Diagnostic("storage-uri", why, place, "warning", hint, environments=where)
        elif (reason := unread(uri)) is not None:
            at, (why, hint) = spec.at(*path), reason
            yield Diagnostic("storage-uri", why, at, "warning", hint, environments=where)
        elif uri.startswith(tuple(f"{scheme}://" for scheme in _LATER)):
            yield from _too_new(subject, spec, path, uri, where)


def _too_new(
    subject: Subject, spec: Spec, path: Path, uri: str, where: tuple[str, ...]
) -> Iterator[Diagnostic]:
    """A scheme that an environment's KServe doesn't know yet, of those that read it."""
    releases = {
        name: release
        for name, environment in subject.environments.items()
        if environment.target != "local"
        and name in (where or (name,))
        and (release := older(environment)) is not None
    }
    if releases:
        root = subject.project.root
        places = (
            (f"`{name}` has KServe {release}", root.key_at("spec", "environments", name))
            for name, release in releases.items()
        )
        scheme = uri.partition("://")[0]
        why = f"an older KServe reads nothing from {scheme}:// by itself"
        hint = "copy the files to a store, or give its cluster a ClusterStorageContainer for it"
        if scheme.startswith("oci"):
            hint = "write oci://"
        yield Diagnostic(
            "storage-uri", why, spec.at(*path), "warning", hint, tuple(places), tuple(releases)
        )


def _unwritten(subject: Subject) -> Iterator[Diagnostic]:
    """Stores on a cluster that `register-model` can't write to."""
    if not any(
        step.component is not None and step.component.effects == "writes-registry"
        for _, _, step in subject.steps()
    ):
        return
    for name, environment in subject.environments.items():
        store = environment.models.store if environment.models is not None else ""
        scheme = store.partition("://")[0] if "://" in store else ""
        at = subject.project.root.at("spec", "environments", name, "models", "store")
        if environment.target != "local" and scheme in SCHEMES and scheme not in WRITTEN:
            yield Diagnostic(
                "storage-uri",
                f"the step `register-model` writes nothing to {scheme}://",
                at,
                "warning",
                "a store is an s3:// or gs:// URI",
            )


def unfilled(uri: str) -> tuple[int, str, str] | None:
    """Where something stands in braces that nobody fills in (KServe looks into containers alone),
    why that is wrong, and a hint; None where nothing does."""
    found = _BRACED.search(uri)
    if found is None:
        return None
    why = f"nothing fills in `{found[0]}`: a URI is read as it is"
    return found.start(), why, "write the URI out"


def unread(uri: str) -> tuple[str, str] | None:
    """Why KServe reads nothing from there, and a hint; None where it does."""
    scheme = uri.partition("://")[0]
    if scheme in SCHEMES:
        return None
    why = "KServe reads URIs, and this is a folder of some machine"
    if "://" in uri:
        why = f"KServe reads nothing from {scheme}:// by itself"
    return why, _AZURES if scheme in _AZURE else did_you_mean(scheme, SCHEMES)


def _uris(subject: Subject) -> Iterator[tuple[Spec, Path, str]]:
    for spec, model in subject.project.bodies(ModelSpec):
        if isinstance(model.source, Files):
            yield spec, ("spec", "source", "uri"), model.source.uri
    for spec, service in subject.project.bodies(ServiceSpec):
        if isinstance(service.model, InlineModel) and service.model.uri is not None:
            yield spec, ("spec", "model", "uri"), service.model.uri
        for name, component in (
            ("transformer", service.transformer),
            ("explainer", service.explainer),
        ):
            if component is not None and component.model is not None:
                yield spec, ("spec", name, "model", "uri"), component.model.uri


def _stores(subject: Subject) -> Iterator[tuple[Spec, Path, str, tuple[str, ...]]]:
    """Where steps on a cluster put models, for servers there to read."""
    for name, environment in subject.environments.items():
        if environment.target != "local" and environment.models is not None:
            path = ("spec", "environments", name, "models", "store")
            yield subject.project.root, path, environment.models.store, (name,)
