"""`same-priority`: two serving runtimes between which KServe couldn't choose: its webhook refuses
the second (pkg/webhook/admission/servingruntime: validateServingRuntimePriority).

It compares runtimes of one namespace, and those of the cluster with each other: a format that both
take unasked, of one version, over a protocol that both speak, by one priority. One machine has
neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from exai_compiler.backends.kserve import runtime as exais
from exai_compiler.backends.kserve.chosen import Chosen, choose
from exai_compiler.backends.kserve.own_runtimes import runtimes
from exai_compiler.backends.kserve.platforms import release
from exai_compiler.backends.kserve.served import may_be_served
from exai_compiler.backends.kserve.shipped import LEFT_OUT, shipped_priority
from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import Environment, RuntimeSpec, ServiceSpec
from exai_specs.parse import Spec
from exai_specs.values import frozen


@frozen
class _Offer:
    """A format that a runtime takes unasked: `versions` that it lists, None if none."""

    runtime: str
    format: str
    versions: tuple[str | None, ...]
    protocols: tuple[str, ...]
    priority: int
    at: Span | None = None

    def clashes(self, other: _Offer) -> bool:
        """With one of the same format and priority."""
        return (
            self.runtime != other.runtime
            and not set(self.versions).isdisjoint(other.versions)
            and not set(self.protocols).isdisjoint(other.protocols)
        )


def check(subject: Subject) -> Iterator[Diagnostic]:
    bodies = list(subject.project.bodies(RuntimeSpec))
    clusters = [each for each in subject.environments.values() if each.target != "local"]
    if not bodies or not clusters:
        return
    for scope in ("namespace", "cluster"):
        for multi in (False, True):
            mine = [
                (spec, body)
                for spec, body in bodies
                if body.scope == scope and body.multi_model == multi
            ]
            before: defaultdict[tuple[str, int], list[_Offer]] = defaultdict(list)
            if mine and not multi:
                there = _exais(subject, clusters) if scope == "namespace" else _shipped(clusters)
                for offer in there:
                    before[offer.format.casefold(), offer.priority].append(offer)
            for spec, body in mine:
                found = list(_offers(spec, body))
                for offer in found:
                    yield from _judged(spec, offer, before[offer.format.casefold(), offer.priority])
                for offer in found:
                    before[offer.format.casefold(), offer.priority].append(offer)


def _judged(spec: Spec, offer: _Offer, alike: Iterable[_Offer]) -> Iterator[Diagnostic]:
    """By those of the same format and priority."""
    other = next((each for each in alike if offer.clashes(each)), None)
    if other is None:
        return
    yield Diagnostic(
        "same-priority",
        f"`{other.runtime}` takes {offer.format} by priority {offer.priority}, too, and KServe "
        "refuses the second",
        spec.at("spec", "formats", offer.format, "priority"),
        hint="write another priority (the higher one wins), or `autoSelect: false`",
        related=((f"`{other.runtime}`", other.at),) if other.at is not None else (),
    )


def _offers(spec: Spec, body: RuntimeSpec) -> Iterator[_Offer]:
    for name, each in body.formats.items():
        if each.auto_select and each.priority is not None:
            at = spec.at("spec", "formats", name, "priority")
            versions = each.version or (None,)
            yield _Offer(spec.ref.name, name, versions, body.protocols, each.priority, at)


def _exais(subject: Subject, clusters: Iterable[Environment]) -> Iterator[_Offer]:
    """Those of exai's that stand in the namespace, because they serve something."""
    there = tuple(runtimes(subject.project, each) for each in clusters)
    used = {
        chosen.name
        for _, service in subject.project.bodies(ServiceSpec)
        for _, model in service.models
        for format_, version, digest in may_be_served(subject.project, subject.makers, model)
        for of in there
        if isinstance(
            chosen := choose(format_, version, service.protocol, service.runtime, of, digest),
            Chosen,
        )
    }
    for served in exais.SERVED.values():
        if served.auto_select and served.runtime in used:
            versions = (served.version,)
            yield _Offer(served.runtime, served.format, versions, exais.PROTOCOLS, exais.PRIORITY)


def _shipped(clusters: Iterable[Environment]) -> Iterator[_Offer]:
    """Those that KServe installs for the whole cluster."""
    for platform in sorted({each.platform or "" for each in clusters}):
        for each in release(platform).runtimes:
            for name, versions in each.formats.items():
                priority = shipped_priority(each, name)
                if priority is not None and each.name not in LEFT_OUT:
                    yield _Offer(each.name, name, versions, each.protocols, priority)
