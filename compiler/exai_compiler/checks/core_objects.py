"""`manifest-invalid`, of Kubernetes' own kinds: what its API server would refuse, and no schema
says (k8s.io/kubernetes, pkg/apis/*/validation): names, claims, keys of ConfigMaps, what restarts.
`bad-schedule`: a CronJob that never runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exai_compiler.checks.schedules import CRON_HINT, FIELDS, wrong_cron
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ManifestSpec
from exai_specs.nearest import did_you_mean, nearest
from exai_specs.parse import Spec
from exai_specs.regexes import regex
from exai_specs.units import parse_quantity
from exai_specs.values import frozen

_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_STORAGE: Path = ("spec", "resources", "requests", "storage")
_KEY = regex(r"[A-Za-z0-9._-]{1,253}")
_SHORTCUTS = ("@annually", "@daily", "@hourly", "@midnight", "@monthly", "@weekly", "@yearly")
# Where the pods of a kind are, and what their `restartPolicy` may be: without one it is Always.
_POD: Path = ("spec", "template", "spec")
_SLIP = 0.8  # the share of letters that a slip leaves alike
_ENDS, _STAYS = ("Never", "OnFailure"), ("Always",)
_RESTARTS: dict[tuple[str, str], tuple[Path, tuple[str, ...]]] = {
    ("batch", "Job"): (_POD, _ENDS),
    ("batch", "CronJob"): (("spec", "jobTemplate", *_POD), _ENDS),
    ("apps", "Deployment"): (_POD, _STAYS),
    ("apps", "StatefulSet"): (_POD, _STAYS),
}
# A place in the object, what is wrong with it, and a hint.
Wrong = tuple[Path, str, str]


@frozen
class Naming:
    """What names of a kind are beside RFC 1123's subdomains: how long, and why; whether they are
    one label, which starts with a letter."""

    most: int
    why: str
    label: bool = False


_HOST = "it is a name in the cluster's DNS"
_NAMES = {
    ("", "Service"): Naming(63, _HOST, label=True),
    ("batch", "CronJob"): Naming(52, "its Jobs are called like it, and 11 characters more"),
    ("batch", "Job"): Naming(63, "it is a label of its pods"),
    ("apps", "StatefulSet"): Naming(52, "a label of its pods is its name, and 11 characters more"),
    ("kubeflow.org", "Notebook"): Naming(52, "its StatefulSet is called like it", label=True),
    ("serving.kserve.io", "InferenceService"): Naming(51, "KServe adds endings to it", label=True),
    ("serving.kserve.io", "InferenceGraph"): Naming(63, _HOST, label=True),
    ("serving.kserve.io", "LLMInferenceService"): Naming(63, _HOST, label=True),
    ("kubeflow.org", "Experiment"): Naming(40, "Katib's webhook takes no more", label=True),
}


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, body in subject.project.bodies(ManifestSpec):
        group = body.api.rpartition("/")[0]
        if (naming := _NAMES.get((group, body.kind))) is not None:
            yield from _name(spec, body, naming)
        if (group, body.kind) == ("batch", "CronJob"):
            yield from _schedule(spec, body.manifest)
        if (restarts := _RESTARTS.get((group, body.kind))) is not None:
            yield from _restarts(spec, body, *restarts)
        if group or body.kind not in _RULES:
            continue
        from exai_compiler.checks.patch_rules import dotted

        for path, wrong, hint in _RULES[body.kind](body.manifest):
            on_key = body.kind == "ConfigMap"
            place = (spec.key_at if on_key else spec.at)("spec", "manifest", *path)
            message = f"`{dotted(path)}` of the {body.kind} {wrong}"
            yield Diagnostic("manifest-invalid", message, place, hint=hint)


def _name(spec: Spec, body: ManifestSpec, naming: Naming) -> Iterator[Diagnostic]:
    name = body.name(spec.ref.name)
    own = _within(body.manifest, ("metadata", "name")) is not None
    place = spec.at(*(("spec", "manifest") if own else ()), "metadata", "name")
    what = f"the name of the {body.kind}"
    if len(name) > naming.most:
        message = f"{what} has {len(name)} characters, more than {naming.most}"
        yield Diagnostic("manifest-invalid", message, place, hint=f"shorten it: {naming.why}")
    if naming.label and ("." in name or not name[0].isalpha()):
        message = f"{what} has a `.`, or doesn't start with a letter"
        hint = "write lower-case letters, digits and `-`, a letter first"
        yield Diagnostic("manifest-invalid", message, place, hint=hint)


def _schedule(spec: Spec, manifest: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """As Kubernetes reads it (robfig/cron v3, ParseStandard)."""
    stated = _within(manifest, ("spec", "schedule"))
    if not isinstance(stated, str) or stated in _SHORTCUTS or stated.startswith("@every "):
        return
    fields = stated.split()
    wrong = "must be five fields of cron"
    if len(fields) == len(FIELDS):
        wrong = wrong_cron(" ".join("*" if each == "?" else each for each in fields))
    if wrong:
        at = spec.at("spec", "manifest", "spec", "schedule")
        yield Diagnostic("bad-schedule", wrong, at, hint=CRON_HINT)


def _restarts(
    spec: Spec, body: ManifestSpec, pod: Path, allowed: tuple[str, ...]
) -> Iterator[Diagnostic]:
    from exai_compiler.checks.patch_rules import dotted

    stated = _within(body.manifest, pod)
    if not isinstance(stated, Mapping):
        return
    policy = stated.get("restartPolicy", "Always")
    misspelt = "restartPolicy" not in stated and any(
        nearest(key, ("restartPolicy",), _SLIP) for key in stated
    )
    if not isinstance(policy, str) or policy in allowed or misspelt:
        return
    path: Path = (*pod, "restartPolicy") if "restartPolicy" in stated else pod
    words = " or ".join(allowed)
    wrong = f"must be {words}" if "restartPolicy" in stated else f"needs a restartPolicy, {words}"
    hint = did_you_mean(policy, allowed) if "restartPolicy" in stated else "add it"
    message = f"`{dotted(path)}` of the {body.kind} {wrong}"
    place = spec.at("spec", "manifest", *path)
    yield Diagnostic("manifest-invalid", message, place, hint=hint)


def _claim(manifest: Mapping[str, Any]) -> Iterator[Wrong]:
    at: Path = ("spec", "accessModes")
    modes = _within(manifest, at)
    if not isinstance(modes, Sequence) or isinstance(modes, str) or not modes:
        if not _misspelt(manifest, at):
            yield at, "must have an entry", "add accessModes: [ReadWriteOnce]"
    else:
        for index, mode in enumerate(modes):
            if mode not in _MODES:
                path = ("spec", "accessModes", index)
                yield path, "is no mode", f"write one of {', '.join(_MODES)}"
        if "ReadWriteOncePod" in modes and len(modes) > 1:
            yield ("spec", "accessModes"), "has more than ReadWriteOncePod", "remove the others"
    size = _within(manifest, _STORAGE)
    if size is None:
        if not _misspelt(manifest, _STORAGE[:-1]):
            yield _STORAGE, "is needed", "add resources: {requests: {storage: 10Gi}}"
        return
    try:
        amount = parse_quantity(size).value
    except ValueError:
        yield _STORAGE, "must be an amount, and more than nothing", "for example 10Gi"
        return
    if not amount or amount != amount.to_integral_value():
        yield _STORAGE, "must be whole bytes, and more than nothing", "for example 10Gi"


def _settings(manifest: Mapping[str, Any]) -> Iterator[Wrong]:
    for field in ("data", "binaryData"):
        held = _within(manifest, (field,))
        for key in held if isinstance(held, Mapping) else ():
            if not _KEY.fullmatch(key) or key in (".", ".."):
                hint = "write letters, digits, `-`, `_` and `.`, 253 at most"
                yield (field, key), "can't be a key there", hint
    data, binary = (_within(manifest, (field,)) for field in ("data", "binaryData"))
    if isinstance(data, Mapping) and isinstance(binary, Mapping):
        for key in binary:
            if key in data:
                yield ("binaryData", key), "is under `data`, too", "keep one of them"


_RULES = {"ConfigMap": _settings, "PersistentVolumeClaim": _claim}


def _misspelt(manifest: Mapping[str, Any], path: Path) -> bool:
    """Whether a field on the way is there by another name, which is told at its place."""
    from exai_compiler.crds.problems import mistyped

    above: Any = manifest
    for part in path:
        if not isinstance(above, Mapping):
            return False
        if part not in above:
            return any(mistyped(key, (str(part),)) for key in above)
        above = above[part]
    return False


def _within(value: Any, path: Path) -> Any:
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
