"""`not-local`: services that one machine can't run, told before anything starts (LANGUAGE 6.2).

One process of exai's own server answers: nothing runs beside it or instead of it, and it reads
folders of this machine that exai's steps wrote. What it merely ignores is a parity note.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from exai_compiler.backends.kserve.chosen import Chosen, choose, is_exais
from exai_compiler.backends.kserve.own_runtimes import runtimes
from exai_compiler.backends.kserve.served import files_of, is_elsewhere
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ServiceSpec
from exai_specs.kinds.model_files import Files, InlineModel
from exai_specs.kinds.service import CUSTOM

FILE = "file://"
_STOPPED = "an Overlay of this environment with `stopped: true`"
# What runs beside the server or instead of it. A cluster would answer otherwise.
OTHER_PROCESSES = {
    "command": "the process that it starts is exai's own server",
    "sidecars": "nothing runs beside its server",
    "initContainers": "nothing runs before its server",
    "transformer": "nothing runs in front of its server",
    "explainer": "nothing runs beside its server",
}


def check(subject: Subject) -> Iterator[Diagnostic]:
    local = [name for name, found in subject.environments.items() if found.target == "local"]
    if not local:
        return
    root = subject.project.root
    places = {
        name: (f"environment `{name}`", root.key_at("spec", "environments", name)) for name in local
    }
    for (spec, service), (name, place) in product(
        subject.project.bodies(ServiceSpec), places.items()
    ):
        if service.stopped:
            continue
        asked = {
            "command": service.command,
            "sidecars": service.sidecars,
            "initContainers": service.init_containers,
            "transformer": service.transformer,
            "explainer": service.explainer,
        }
        for field, why in OTHER_PROCESSES.items():
            if asked[field]:
                yield Diagnostic(
                    "not-local",
                    f"environment `{name}` can't honour `{field}`: {why}",
                    spec.key_at("spec", field),
                    hint=f"do without, or stop it there: {_STOPPED}",
                    related=(place,),
                    environments=(name,),
                )
        for path, why in _unservable(subject, service, name):
            yield Diagnostic(
                "not-local",
                f"environment `{name}` can't serve this: {why}",
                spec.at(*path),
                hint=f"stop it there: {_STOPPED}",
                related=(place,),
                environments=(name,),
            )


def _unservable(subject: Subject, service: ServiceSpec, local: str) -> Iterator[tuple[Path, str]]:
    if service.runtime == CUSTOM:
        yield ("spec", "runtime"), "it pulls no images"
        return
    if service.protocol not in ("v1", "v2"):
        yield ("spec", "protocol"), "its server speaks v1 and v2"
    if service.runtime is not None and not is_exais(service.runtime):
        yield ("spec", "runtime"), "its server is exai's own"
        return
    model = service.model
    if isinstance(model, InlineModel):
        if model.storage is not None:
            yield ("spec", "model"), "it has no `storage-config`"
            return
        files: Files | InlineModel | None = model
    else:
        files = files_of(subject.project, model or "")
        if model is not None and is_elsewhere(subject.project, model):
            yield ("spec", "model"), "its server reads what exai's steps write"
            return
    if files is None:
        return
    chosen = choose(
        files.format,
        files.format_version,
        service.protocol,
        service.runtime,
        runtimes(subject.project, subject.environments[local]),
        files.digest is not None,
    )
    if isinstance(chosen, Chosen) and not is_exais(chosen.name):
        more = " without the `digest` of its exai-model.json" if files.format == "sklearn" else ""
        yield ("spec", "model"), f"its server reads no {files.format}{more}"
    elif isinstance(chosen, Chosen) and not str(files.uri).startswith(FILE):
        yield ("spec", "model"), f"it reads folders of this machine, {FILE} and an absolute path"
