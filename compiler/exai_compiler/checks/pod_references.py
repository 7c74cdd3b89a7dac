"""What a container of a document refers to and isn't there: `unknown-port`, a port that a probe
names; `unknown-key`, a key of a ConfigMap that this project has.

The ports of a server whose container a serving runtime brings are the runtime's: they are known if
it is a Runtime of the project.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.checks.containers import containers, variables
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ConfigMapRef, LLMServiceSpec, ManifestSpec, RuntimeSpec, ServiceSpec
from exai_specs.kinds.components import Explainer
from exai_specs.kinds.pods import InitContainer, Sidecar
from exai_specs.kinds.probes import Probe
from exai_specs.kinds.servers import ContainerFields
from exai_specs.kinds.service import CUSTOM
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    runtimes = {spec.ref.name: body for spec, body in subject.project.bodies(RuntimeSpec)}
    for spec, path, block in containers(subject.project):
        probes = block.probes if isinstance(block, ContainerFields | Sidecar) else None
        if probes is None:
            continue
        known = _ports(spec, path, block, runtimes)
        for name in ("liveness", "readiness", "startup") if known is not None else ():
            yield from _probe(spec, (*path, "probes", name), getattr(probes, name), known or {})
    yield from _keys(subject)


def _ports(
    spec: Spec,
    path: Path,
    block: ContainerFields | InitContainer,
    runtimes: Mapping[str, RuntimeSpec],
) -> Mapping[str, int] | None:
    """The container's ports by name; None where a runtime has some that nobody here knows."""
    own: Mapping[str, int] = block.ports if isinstance(block, ContainerFields | Sidecar) else {}
    if isinstance(block, ServiceSpec) and block.runtime != CUSTOM:
        runtime = runtimes.get(block.runtime or "")
        return {**runtime.ports, **own} if runtime is not None else None
    if isinstance(block, Explainer) and block.art is not None:
        return None
    if isinstance(spec.body, LLMServiceSpec) and "sidecars" not in path:
        return None
    return own


def _probe(
    spec: Spec, path: Path, probe: Probe | None, ports: Mapping[str, int]
) -> Iterator[Diagnostic]:
    for field, way in (
        ("httpGet", probe.http_get if probe is not None else None),
        ("tcpSocket", probe.tcp_socket if probe is not None else None),
    ):
        port = way.port if way is not None else None
        if isinstance(port, str) and port not in ports:
            yield Diagnostic(
                "unknown-port",
                f"the container has no port `{port}`",
                spec.at(*path, field, "port"),
                hint=did_you_mean(
                    port, ports, f"write its number, or add `ports: {{{port}: 8080}}`"
                ),
            )


def _keys(subject: Subject) -> Iterator[Diagnostic]:
    there = {
        body.name(spec.ref.name): (spec, body.manifest)
        for spec, body in subject.project.bodies(ManifestSpec)
        if (body.api, body.kind) == ("v1", "ConfigMap")
    }
    for spec, path, env in variables(subject.project, subject.steps()) if there else ():
        for name, value in env.items():
            if not isinstance(value, ConfigMapRef) or value.config_map not in there:
                continue
            found, manifest = there[value.config_map]
            parts = (manifest.get("data"), manifest.get("binaryData"))
            keys = {key for part in parts if isinstance(part, Mapping) for key in part}
            if value.key not in keys and not value.optional:
                yield Diagnostic(
                    "unknown-key",
                    f"ConfigMap `{value.config_map}` has no key `{value.key}`",
                    spec.at(*path, name, "key"),
                    hint=did_you_mean(value.key, keys, "add it there, or write `optional: true`"),
                    related=((f"{found.ref}", found.at("spec", "manifest")),),
                )
