"""`patch-invalid`: a predictor over several nodes, by a patch of `workerSpec`, that KServe
refuses, its webhook or its controller (validateMultiNodeVariables in
pkg/apis/serving/v1beta1/inference_service_validation.go, targets 1.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exai_compiler.backends.kserve.served import files_of
from exai_compiler.backends.kserve.shipped import SHIPPED
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ServiceSpec
from exai_specs.kinds.model_files import InlineModel
from exai_specs.kinds.service import CUSTOM

WORKERS: Path = ("spec", "predictor", "workerSpec")
ENDING = "-multinode"
_SHIPPED = frozenset(each.name for each in SHIPPED)
MOUNTED = ("pvc", "oci")


def check(subject: Subject) -> Iterator[Diagnostic]:
    if all(each.target == "local" for each in subject.environments.values()):
        return
    for spec, service in subject.project.bodies(ServiceSpec):
        held: Any = service.patches.get("InferenceService")
        for part in WORKERS:
            held = held.get(part) if isinstance(held, Mapping) else None
        if held is None:
            continue
        place = spec.key_at("spec", "patches", "InferenceService", *WORKERS)
        for wrong, hint in _wrong(subject, service):
            yield Diagnostic("patch-invalid", wrong, place, hint=hint)


def _wrong(subject: Subject, service: ServiceSpec) -> Iterator[tuple[str, str]]:
    name = service.runtime
    if name != CUSTOM and (name is None or (name in _SHIPPED and not name.endswith(ENDING))):
        there = ", ".join(sorted(each for each in _SHIPPED if each.endswith(ENDING)))
        yield (
            "`workerSpec` needs a runtime that has workers",
            f"write `runtime: {there}`, or one of the platform's that has a workerSpec",
        )
    uri = _uri(subject, service)
    if uri is not None and uri.partition("://")[0] not in MOUNTED:
        yield (
            f"with `workerSpec` KServe reads models from {' and '.join(MOUNTED)} alone",
            "name the model by a pvc:// or oci:// URI",
        )
    if service.autoscale is None or service.autoscale.none is None:
        yield "with `workerSpec` KServe scales nothing", "write `autoscale: {none: {}}`"


def _uri(subject: Subject, service: ServiceSpec) -> str | None:
    if isinstance(service.model, InlineModel):
        return service.model.uri or "storage"
    files = files_of(subject.project, service.model) if service.model is not None else None
    return files.uri if files is not None else None
