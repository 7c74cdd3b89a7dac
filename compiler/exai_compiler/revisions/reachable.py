"""What can no longer be called, or not by the name or the way that it was.

In: both revisions' documents. Out: `Break`s, each with the consumer that can no longer work and its
place. Never: what a request holds, which is the `contract`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.project import Project
from exai_compiler.revisions.breaks import Break
from exai_specs.identity import Ref
from exai_specs.kinds import LLMServiceSpec, ServiceSpec
from exai_specs.parse import Spec


def uncallable(base: Project, head: Project) -> Iterator[Break]:
    """Whoever calls what is gone, or stopped, or has another name."""
    yield from removed(base, head)
    for kind in _SERVING:
        for ref, spec in base.specs.items():
            now = head.find(kind, ref.name) if ref.kind == kind else None
            if now is None:
                continue
            if is_stopped(now) and not is_stopped(spec):
                why = "it is stopped, and answers nobody"
                yield Break(callers(ref), ref, now.at("spec", "stopped"), why, (ref,))
            else:
                yield from _unnamed(ref, spec, now)


def removed(base: Project, head: Project) -> Iterator[Break]:
    """Whoever calls what is gone: that much is known of a revision that doesn't compile, too."""
    for kind, what in _SERVING.items():
        for ref, spec in base.specs.items():
            if ref.kind == kind and ref not in head.specs and not is_stopped(spec):
                why, at = f"the {what} is removed", spec.at("metadata", "name")
                yield Break(callers(ref), ref, at, why, (ref,), is_gone=True)


def _unnamed(ref: Ref, spec: Spec, now: Spec) -> Iterator[Break]:
    """Whoever names a model of a language by what it is no longer called."""
    if (called := _called(now)) != (was := _called(spec)):
        why = f"a request has to name the model `{called}` now, which was `{was}`"
        yield Break(callers(ref), ref, now.at("spec", "model", "name"), why, (ref,))
    if gone := [each for each in _adapters(spec) if each not in _adapters(now)]:
        why = f"a request can no longer name the adapter {listed(gone)}"
        yield Break(callers(ref), ref, now.at("spec", "model", "lora"), why, (ref,))


def closed(base: Project, head: Project) -> Iterator[Break]:
    """Whoever calls from outside a cluster what only the cluster may ask now: KServe takes the
    route from outside away."""
    for spec, was in base.bodies(LLMServiceSpec):
        there = head.body(LLMServiceSpec, spec.ref.name)
        if there is not None and _is_routed(was) and not _is_routed(there):
            who = f"{callers(spec.ref)} by its route"
            at = head.specs[spec.ref].at("spec", "router")
            yield Break(who, spec.ref, at, "it has no route any more", (spec.ref,))
    for spec, old in base.bodies(ServiceSpec):
        now = head.find("Service", spec.ref.name)
        body = now.body if now is not None else None
        if now is None or not isinstance(body, ServiceSpec) or body.visibility != "cluster":
            continue
        if old.visibility != "cluster" and not old.stopped and not body.stopped:
            who = f"{callers(spec.ref)} from outside the cluster"
            why = "only the cluster may ask it now"
            yield Break(who, spec.ref, now.at("spec", "visibility"), why, (spec.ref,))


_SERVING: Mapping[str, str] = MappingProxyType(
    {"Graph": "graph", "LLMService": "service", "Service": "service"}
)


def _is_routed(service: LLMServiceSpec) -> bool:
    return service.router is not None and service.router.route is not None


def is_stopped(spec: Spec) -> bool:
    """Whether it is a service that answers nobody, whom nobody misses then."""
    return isinstance(spec.body, ServiceSpec) and spec.body.stopped


def _called(spec: Spec) -> str:
    """What a request calls the model of a language; of no other it names one."""
    body = spec.body
    return (body.model.name or spec.ref.name) if isinstance(body, LLMServiceSpec) else ""


def _adapters(spec: Spec) -> tuple[str, ...]:
    """What a request may call beside the model."""
    lora = spec.body.model.lora if isinstance(spec.body, LLMServiceSpec) else None
    return tuple(lora.adapters) if lora is not None else ()


def callers(service: Ref) -> str:
    return f"whoever calls {service}"


def listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
