"""`manifest-invalid`, of Kubernetes' own kinds: what its API server would refuse of a
PersistentVolumeClaim, and no schema says (k8s.io/kubernetes, pkg/apis/core/validation).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exai_compiler.checks.patch_rules import dotted
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ManifestSpec
from exai_specs.units import parse_quantity

_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_STORAGE: Path = ("spec", "resources", "requests", "storage")
# A place in the object, what is wrong with it, and a hint.
Wrong = tuple[Path, str, str]


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ManifestSpec):
        if body.api != "v1" or body.kind not in _RULES:
            continue
        for path, wrong, hint in _RULES[body.kind](body.manifest):
            place = spec.at("spec", "manifest", *path)
            message = f"`{dotted(path)}` of the {body.kind} {wrong}"
            yield Diagnostic("manifest-invalid", message, place, hint=hint)


def _claim(manifest: Mapping[str, Any]) -> Iterator[Wrong]:
    modes = _within(manifest, ("spec", "accessModes"))
    if not isinstance(modes, Sequence) or isinstance(modes, str) or not modes:
        yield ("spec", "accessModes"), "must have an entry", "add accessModes: [ReadWriteOnce]"
    else:
        for index, mode in enumerate(modes):
            if mode not in _MODES:
                path = ("spec", "accessModes", index)
                yield path, "is no mode", f"write one of {', '.join(_MODES)}"
        if "ReadWriteOncePod" in modes and len(modes) > 1:
            yield ("spec", "accessModes"), "has more than ReadWriteOncePod", "remove the others"
    size = _within(manifest, _STORAGE)
    if size is None:
        yield _STORAGE, "is needed", "add resources: {requests: {storage: 10Gi}}"
        return
    try:
        amount = parse_quantity(size).value
    except ValueError:
        yield _STORAGE, "must be an amount, and more than nothing", "for example 10Gi"
        return
    if not amount or amount != amount.to_integral_value():
        yield _STORAGE, "must be whole bytes, and more than nothing", "for example 10Gi"


_RULES = {"PersistentVolumeClaim": _claim}


def _within(value: Any, path: Path) -> Any:
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
