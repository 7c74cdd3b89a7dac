"""A runtime for every model that is served (targets 1.5).

`format-unsupported`: no runtime, or not the named one, serves the format. `protocol-unsupported`:
none of them speaks the protocol. `unknown-runtime`: a name that only the platform may know.
`name-clash`: a Runtime called like one that is there already. `unused-runtime`: one that serves
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.chosen import EXAIS, NoRuntime, choose
from exai_compiler.backends.kserve.formats import formats_made
from exai_compiler.backends.kserve.own_runtimes import own_runtimes
from exai_compiler.backends.kserve.served import MLFLOW, files_of, is_elsewhere
from exai_compiler.backends.kserve.shipped import SHIPPED
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import RuntimeSpec, ServiceSpec
from exai_specs.kinds.model_files import Files, InlineModel
from exai_specs.kinds.service import CUSTOM
from exai_specs.parse import Spec


def check(subject: Subject) -> Iterator[Diagnostic]:
    yield from _taken(subject)
    yield from _unused(subject)
    for spec, service in subject.project.bodies(ServiceSpec):
        if service.runtime == CUSTOM:
            continue
        models: list[tuple[Path, str | InlineModel | None]] = [(("spec", "model"), service.model)]
        if service.canary is not None:
            models.append((("spec", "canary", "model"), service.canary.model))
        for path, model in models:
            for format_, version, digest in _formats(subject, model):
                yield from _judged(subject, spec, service, path, (format_, version, digest))


def _taken(subject: Subject) -> Iterator[Diagnostic]:
    whose = {each.name: "KServe ships" for each in SHIPPED}
    whose |= {each.name: "exai has" for each in EXAIS}
    for spec, _ in subject.project.bodies(RuntimeSpec):
        if spec.ref.name in whose:
            yield Diagnostic(
                "name-clash",
                f"{whose[spec.ref.name]} a runtime called `{spec.ref.name}`",
                spec.at("metadata", "name"),
                hint="give it another name",
            )


def _unused(subject: Subject) -> Iterator[Diagnostic]:
    """A Runtime of the namespace that no Service names, and no model is served by."""
    mine = {
        spec.ref.name: spec
        for spec, body in subject.project.bodies(RuntimeSpec)
        if body.scope == "namespace"
    }
    if not mine:
        return
    own = own_runtimes(subject.project)
    for _, service in subject.project.bodies(ServiceSpec):
        mine.pop(service.runtime or "", None)
        models = (service.model, service.canary.model if service.canary is not None else None)
        for format_, version, digest in (f for model in models for f in _formats(subject, model)):
            chosen = choose(format_, version, service.protocol, service.runtime, own, digest)
            if not isinstance(chosen, NoRuntime) and chosen.runtime is not None:
                mine.pop(chosen.runtime.name, None)
    for name, spec in mine.items():
        yield Diagnostic(
            "unused-runtime",
            f"no Service is served by `{name}`",
            spec.at("metadata", "name"),
            "warning",
            f"write `runtime: {name}` in a Service, or remove it; `scope: cluster` is for the "
            "services of others",
        )


def _formats(
    subject: Subject, model: str | InlineModel | None
) -> Iterator[tuple[str, str | None, bool]]:
    """What may have to be served: a format, its version, and whether exai's steps wrote it."""
    if isinstance(model, InlineModel):
        yield model.format, model.format_version, model.digest is not None
    elif model is not None:
        files = files_of(subject.project, model)
        if isinstance(files, Files):
            yield files.format, files.format_version, files.digest is not None
        elif is_elsewhere(subject.project, model):
            yield MLFLOW, None, False
        else:
            name = model.partition("@")[0]
            # The pipelines that register it, not all there are: services times pipelines is a lot.
            graphs = {m.graph.pipeline: m.graph for m in subject.makers.get(name, ())}
            for format_ in formats_made(graphs.values(), name):
                yield format_, None, True


def _judged(
    subject: Subject,
    spec: Spec,
    service: ServiceSpec,
    path: Path,
    wanted: tuple[str, str | None, bool],
) -> Iterator[Diagnostic]:
    format_, version, digest = wanted
    chosen = choose(
        format_, version, service.protocol, service.runtime, own_runtimes(subject.project), digest
    )
    who = f"runtime `{service.runtime}`" if service.runtime is not None else "no runtime"
    doesnt = "doesn't serve" if service.runtime is not None else "serves"
    if not isinstance(chosen, NoRuntime):
        if chosen.runtime is None:
            yield Diagnostic(
                "unknown-runtime",
                f"exai knows no runtime `{service.runtime}`, so nothing of it is checked",
                spec.at("spec", "runtime"),
                "warning",
                "name one of KServe's, or add a Runtime document, unless the platform has it",
            )
    elif chosen.why == "protocol":
        stated = "protocol" in spec.document.value["spec"]  # type: ignore[operator]  # a mapping
        yield Diagnostic(
            "protocol-unsupported",
            f"{who} {doesnt} {format_} over {service.protocol}",
            spec.at("spec", "protocol") if stated else spec.at(*path),
            hint=f"write `protocol: {chosen.others[0]}`; there are {', '.join(chosen.others)}",
        )
    elif chosen.why == "version":
        yield Diagnostic(
            "format-unsupported",
            f"{who} {doesnt} version {version} of {format_}",
            spec.at(*path),
            hint=f"there are {', '.join(chosen.others)}",
        )
    else:
        yield Diagnostic(
            "format-unsupported",
            f"{who} {doesnt} the format {format_}",
            spec.at(*(("spec", "runtime") if service.runtime is not None else path)),
            hint=did_you_mean(format_, chosen.others),
        )
