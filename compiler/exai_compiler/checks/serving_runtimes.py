"""A runtime for every model that is served (targets 1.5).

`format-unsupported`: no runtime, or not the named one, serves the format. `protocol-unsupported`:
none of them speaks the protocol. `unknown-runtime`: a name that only the platform may know.
`name-clash`: a Runtime called like one that is there already. `unused-runtime`: one that serves
nothing. `fixed-image`: a tag for an image by digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product

from exai_compiler.backends.kserve.chosen import EXAIS, Chosen, NoRuntime, choose, is_exais
from exai_compiler.backends.kserve.own_runtimes import runtimes
from exai_compiler.backends.kserve.platforms import release
from exai_compiler.backends.kserve.served import files_of, may_be_served
from exai_compiler.backends.kserve.shipped import LEFT_OUT, SHIPPED
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.identity import Ref
from exai_specs.kinds import Environment, RuntimeSpec, ServiceSpec
from exai_specs.kinds.model_files import InlineModel
from exai_specs.kinds.service import CUSTOM
from exai_specs.mended_document import lost_at
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.values import replace

Related = tuple[tuple[str, Span], ...]
Choosing = Callable[[str, "str | None", bool, str, "str | None"], Chosen | NoRuntime]

_SLIP = 0.8  # the share of letters that a slip leaves alike


def check(subject: Subject) -> Iterator[Diagnostic]:
    yield from _taken(subject)
    releases = tuple(_releases(subject))
    all_ = _names(subject)
    yield from _unused(subject, tuple(environment for environment, *_ in releases), all_)
    # Services ask for the same few formats over and over.
    there = tuple((cache(_choosing(subject, each)), at, of) for each, at, of in releases)
    for spec, service in subject.project.bodies(ServiceSpec):
        # Which runtime is asked for isn't known where it is told to be wrong.
        if service.runtime == CUSTOM or lost_at(spec.document, ("spec", "runtime")):
            continue
        found: dict[Diagnostic, None] = {}
        near = _meant(service, all_)
        for chosen, places, names in there:
            for path, model in service.models:
                for wanted in _formats(subject, model):
                    given = chosen(*wanted, service.protocol, service.runtime)
                    for each in _judged(given, spec, service, path, wanted, near):
                        both = (*_declared(subject, model), *places)
                        found[replace(each, related=both, environments=names)] = None
                    if isinstance(given, Chosen) and service.runtime_version is not None:
                        found |= dict.fromkeys(_fixed(subject, spec, service, given))
        yield from found


def _fixed(
    subject: Subject, spec: Spec, service: ServiceSpec, chosen: Chosen
) -> Iterator[Diagnostic]:
    """A tag beside a digest, which KServe leaves alone (UpdateImageTag in
    pkg/controller/v1beta1/inferenceservice/utils/utils.go)."""
    own = subject.project.body(RuntimeSpec, chosen.name)
    image = service.image or (own.image if own is not None else None) or ""
    if "@" in image or (service.image is None and is_exais(chosen.name)):
        whose = "the image" if service.image is not None else f"the image of `{chosen.name}`"
        yield Diagnostic(
            "fixed-image",
            f"{whose} is named by digest, so this tag changes nothing",
            spec.at("spec", "runtimeVersion"),
            "warning",
            "remove it, or name the image by that tag",
        )


def _choosing(subject: Subject, environment: Environment) -> Choosing:
    """The choice among the runtimes of an environment."""
    known = runtimes(subject.project, environment)
    return lambda format_, version, digest, protocol, asked: choose(
        format_, version, protocol, asked, known, digest
    )


def _declared(subject: Subject, model: str | InlineModel | None) -> Related:
    """Where the Model that a Service names says what its files are."""
    files = files_of(subject.project, model) if isinstance(model, str) else None
    if files is None:
        return ()
    field = "format" if files.format_version is None else "formatVersion"
    spec = subject.project.specs[Ref("Model", str(model))]
    return (("the model's format is declared here", spec.at("spec", "source", field)),)


def _releases(
    subject: Subject,
) -> Iterator[tuple[Environment, Related, tuple[str, ...]]]:
    """An environment for each release, with its place where the release is stated, and the names of
    all that have it."""
    names: dict[str, list[str]] = {}
    for name, environment in subject.environments.items():
        names.setdefault(release(environment.platform).kserve, []).append(name)
    for of, mine in names.items():
        name, environment = mine[0], subject.environments[mine[0]]
        path = ("spec", "environments", name, "platform")
        said = (f"environment `{name}` has KServe {of}", subject.project.root.at(*path))
        yield environment, (said,) if environment.platform is not None else (), tuple(mine)


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


def _unused(
    subject: Subject, there: tuple[Environment, ...], names: frozenset[str]
) -> Iterator[Diagnostic]:
    """A Runtime of the namespace that no Service names, and no model is served by."""
    mine = {
        spec.ref.name: spec
        for spec, body in subject.project.bodies(RuntimeSpec)
        if body.scope == "namespace"
    }
    if not mine:
        return
    known = tuple(runtimes(subject.project, environment) for environment in there)
    for _, service in subject.project.bodies(ServiceSpec):
        mine.pop(service.runtime or "", None)
        mine.pop(_meant(service, names), None)
        wanted = [each for _, model in service.models for each in _formats(subject, model)]
        for (format_, version, digest), of in product(wanted, known):
            chosen = choose(format_, version, service.protocol, service.runtime, of, digest)
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


def _meant(service: ServiceSpec, known: frozenset[str]) -> str:
    """What a Service probably means by a runtime that isn't there; empty where nothing is near."""
    name = service.runtime
    if name is None or name in known:
        return ""
    return nearest(name, known, _SLIP) or ""


def _names(subject: Subject) -> frozenset[str]:
    """Whatever `runtime` may be in any environment."""
    there = (runtimes(subject.project, each) for each in subject.environments.values())
    return frozenset({CUSTOM, *(each.name for some in there for each in some)})


def _formats(
    subject: Subject, model: str | InlineModel | None
) -> Iterator[tuple[str, str | None, bool]]:
    return may_be_served(subject.project, subject.makers, model)


def _judged(
    chosen: Chosen | NoRuntime,
    spec: Spec,
    service: ServiceSpec,
    path: Path,
    wanted: tuple[str, str | None, bool],
    near: str,
) -> Iterator[Diagnostic]:
    format_, version, _ = wanted
    who = f"runtime `{service.runtime}`" if service.runtime is not None else "no runtime"
    doesnt = "doesn't serve" if service.runtime is not None else "serves"
    if not isinstance(chosen, NoRuntime):
        if chosen.runtime is None:
            yield Diagnostic(
                "unknown-runtime",
                f"exai knows no runtime `{service.runtime}`, so nothing of it is checked",
                spec.at("spec", "runtime"),
                "warning",
                f'did you mean "{near}"?'
                if near
                else "name one of KServe's, or add a Runtime document, unless the platform has it",
            )
        elif chosen.name in LEFT_OUT and service.runtime is None:
            yield Diagnostic(
                "unknown-runtime",
                f"KServe has `{chosen.name}` for {format_}, and doesn't install it by itself",
                spec.at(*path),
                "warning",
                f"write `runtime: {chosen.name}` where it is installed, or add a Runtime document",
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
            spec.at(*path, "formatVersion"),
            hint=f"there are {', '.join(chosen.others)}",
        )
    else:
        yield Diagnostic(
            "format-unsupported",
            f"{who} {doesnt} the format {format_}",
            spec.at(*(("spec", "runtime") if service.runtime is not None else (*path, "format"))),
            hint="a runtime for it is taken by name alone: write `runtime`, or `autoSelect` there"
            if service.runtime is None and format_ in chosen.others
            else did_you_mean(format_, chosen.others),
        )
