"""What a patch may say (LANGUAGE 3.2, DESIGN section 8).

`patch-invalid`: what the object's CRD would refuse or drop. `newer-field`: a field that Kubernetes
may have by now. `patch-not-allowed`: identity, ownership and service account.
`patch-shadows-field`: what exai renders from the document's own fields. `restricted-pod`: a pod
that leaves the profile.

In: an object as rendered, a patch of it. Out: diagnostics at the patch's own lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from exai_compiler.crds import KINDS, OLDER, Crd, CrdProblem, crd, problems
from exai_compiler.maybe import Tree
from exai_compiler.patches import ALLOWANCES, breaches, in_patch, leaves, merged
from exai_compiler.pods.loose_ends import LooseEnd, loose_ends
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json
from exai_specs.kinds import Environment
from exai_specs.parse import Spec
from exai_specs.values import frozen

Path = tuple[str | int, ...]

IDENTITY: tuple[Path, ...] = (
    ("apiVersion",),
    ("kind",),
    ("metadata", "name"),
    ("metadata", "namespace"),
    ("status",),
)
OWNERSHIP = ("app.kubernetes.io/managed-by", "exai.dev/")
ACCOUNT = ("serviceAccount", "serviceAccountName")
# Fields of a security context that a document has; of the rest only a patch can speak.
SECURITY_FIELDS = ("runAsUser", "runAsGroup", "runAsNonRoot")


@frozen
class Patched:
    """`body` is what the document renders in the environment without the patch."""

    spec: Spec
    kind: str
    body: Mapping[str, Tree]
    patch: Mapping[str, Json]
    name: str
    environment: Environment

    def at(self, path: Path) -> Span:
        return self.spec.at("spec", "patches", self.kind, *path)

    def key_at(self, path: Path) -> Span:
        return self.spec.key_at("spec", "patches", self.kind, *path)


def judged(patched: Patched, root: Spec) -> Iterator[Diagnostic]:
    """Everything that is wrong with one patch in one environment."""
    refused = list(_not_allowed(patched, patched.patch, ()))
    yield from refused
    yield from _shadows(patched, tuple(at for at, _ in _identity(patched.patch, ())))
    result = merged(patched.kind, patched.body, patched.patch)
    if not refused:
        yield from _invalid(patched, result, root)
    yield from _unsafe(patched, result, root)


def _not_allowed(patched: Patched, said: Json, path: Path) -> Iterator[Diagnostic]:
    for at, why in _identity(said, path):
        yield Diagnostic(
            "patch-not-allowed",
            f"a patch can't change `{dotted(at)}`: {why}",
            patched.key_at(at),
            hint="remove it",
        )


def _identity(said: Json, path: Path) -> Iterator[tuple[Path, str]]:
    if path in IDENTITY:
        yield path, "it tells which object this is"
    elif len(path) == 3 and path[0] == "metadata" and str(path[2]).startswith(OWNERSHIP):
        yield path, "exai knows its own objects by it"
    elif path and path[-1] in ACCOUNT and "logger" not in path:  # whose is for its store alone
        yield path, "who the pods are is the document's field `serviceAccount`"
    elif isinstance(said, Mapping):
        for key, value in said.items():
            yield from _identity(value, (*path, key))
    elif isinstance(said, tuple):
        for index, value in enumerate(said):
            yield from _identity(value, (*path, index))


def _shadows(patched: Patched, refused: tuple[Path, ...]) -> Iterator[Diagnostic]:
    for at, here, there, said in leaves(patched.kind, patched.body, patched.patch):
        if said is None or said == there or at in refused or _only_a_patch(patched.kind, here):
            continue
        yield Diagnostic(
            "patch-shadows-field",
            f"`{dotted(here)}` of the {patched.kind} follows from the fields of {patched.spec.ref}",
            patched.at(at),
            hint="change the field that says so; what a patch says nobody else sees",
        )


def _only_a_patch(kind: str, path: Path) -> bool:
    """Whether no document has a field for it: who may ask a service's ports, and how often."""
    if kind == "NetworkPolicy":
        return path[:2] == ("spec", "ingress")
    if "securityContext" in path:
        return path[-1] not in SECURITY_FIELDS
    return "podMetricsEndpoints" in path and path[-1] == "interval"


def _invalid(patched: Patched, result: Mapping[str, Tree], root: Spec) -> Iterator[Diagnostic]:
    if patched.kind not in KINDS:
        return
    schema = crd(patched.kind, str(patched.body.get("apiVersion", "")))
    told: list[Path] = []
    related: tuple[tuple[str, Span], ...] = ()
    if patched.kind in OLDER:  # which version it is the environment's platform says
        place = root.key_at(*_environment(patched.name))
        related = ((f"environment `{patched.name}` takes {schema.api}", place),)
    before = {(found.path, found.message) for found in problems(schema, patched.body)}
    for found in problems(schema, result):
        if (found.path, found.message) in before:
            continue
        told.append(found.path)
        at = in_patch(patched.kind, result, patched.patch, found.path)
        whole = len(at) == len(found.path)
        place = patched.key_at(at) if found.on_key and whole else patched.at(at)
        where = dotted(found.path) if found.path else patched.kind
        message = f"{found.message} in `{dotted(found.path[:-1])}` of the {patched.kind}"
        if not found.on_key:
            message = f"`{where}` of the {patched.kind} {found.message}"
        hint = (
            found.hint or f"the CRD of the {patched.kind} says so: kubectl explain {patched.kind}"
        )
        if found.newer:
            yield Diagnostic("newer-field", message, place, severity="warning", hint=hint)
        else:
            yield Diagnostic("patch-invalid", message, place, hint=hint, related=related)
    yield from _loose(patched, result, told)
    for broken in untold(_newly_broken(patched, schema, result), told):
        at = in_patch(patched.kind, result, patched.patch, broken.path)
        message = f"`{dotted(broken.path) or patched.kind}` of the {patched.kind} {broken.message}"
        hint = f"the CRD of the {patched.kind} says so: kubectl explain {patched.kind}"
        yield Diagnostic("patch-invalid", message, patched.at(at), hint=hint, related=related)


def _newly_broken(
    patched: Patched, schema: Crd, result: Mapping[str, Tree]
) -> Iterator[CrdProblem]:
    from exai_compiler.crds.rules import broken_rules

    before = {(found.path, found.message) for found in broken_rules(schema, patched.body)}
    for found in broken_rules(schema, result):
        if (found.path, found.message) not in before:
            yield found


def untold(broken: Iterable[CrdProblem], told: Collection[Path]) -> Iterator[CrdProblem]:
    """The rules that are broken by more than what is told already: of the place, around it, or of
    a field right in it."""
    for found in broken:
        fields = [path[:-1] for path in told if path and isinstance(path[-1], str)]
        if found.path not in fields and not any(found.path[: len(path)] == path for path in told):
            yield found


def _loose(patched: Patched, result: Mapping[str, Tree], told: list[Path]) -> Iterator[Diagnostic]:
    """What the pods with the patch refer to and don't have, and what KServe and Kubeflow refuse
    beside each other, where nothing else is told."""
    before = {(each.path, each.message) for each in _loose_of(patched.body)}
    for found in _loose_of(result):
        if (found.path, found.message) in before or any(
            found.path[: len(path)] == path for path in told
        ):
            continue
        told.append(found.path)
        at = in_patch(patched.kind, result, patched.patch, found.path)
        message = f"`{dotted(found.path)}` of the {patched.kind} {found.message}"
        yield Diagnostic("patch-invalid", message, patched.at(at), hint=found.hint)


def _loose_of(body: Mapping[str, Tree]) -> tuple[LooseEnd, ...]:
    from exai_compiler.backends.kserve.refusals import refusals
    from exai_compiler.backends.kubeflow import refusals as kubeflow

    return (*loose_ends(body), *refusals(body), *kubeflow.refusals(body))


def _unsafe(patched: Patched, result: Mapping[str, Tree], root: Spec) -> Iterator[Diagnostic]:
    before = set(breaches(patched.body))
    for found in breaches(result):
        if found in before or found.allowance in patched.environment.security.allow:
            continue
        at = in_patch(patched.kind, result, patched.patch, found.path)
        yield Diagnostic(
            "restricted-pod",
            f"`{dotted(found.path)}` of the {patched.kind} asks for {ALLOWANCES[found.allowance]}, "
            f"which isn't allowed in environment `{patched.name}`",
            patched.at(at),
            hint=f"remove it, or add `security: {{allow: [{found.allowance}]}}` there",
            related=((f"environment `{patched.name}`", root.key_at(*_environment(patched.name))),),
        )


def _environment(name: str) -> Path:
    return ("spec", "environments", name)


def dotted(path: Path) -> str:
    """A path for people: `spec.containers[0].image`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")
