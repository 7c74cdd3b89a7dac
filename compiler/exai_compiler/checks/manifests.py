"""`manifest-invalid`: what the API server would refuse or drop in a Manifest's object, where exai
has its kind's CRD. `newer-field`: a field that Kubernetes' own kind may have by now.
`manifest-clash`: what exai keeps to itself. `restricted-pod`, `runtime-placeholder`: as in every
other kind (LANGUAGE section 9, DESIGN section 8).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from exai_compiler.backends.kserve.refusals import refusals
from exai_compiler.backends.kubeflow import refusals as kubeflow
from exai_compiler.checks.patch_rules import dotted, untold
from exai_compiler.checks.subject import Subject
from exai_compiler.crds import CrdProblem, crd, is_known, problems
from exai_compiler.maybe import Tree
from exai_compiler.patches import ALLOWANCES, breaches
from exai_compiler.pods.loose_ends import loose_ends
from exai_specs.diagnostics import MAX_IN_FILE, Diagnostic
from exai_specs.kinds import ManifestSpec
from exai_specs.parse import Spec

AT = ("spec", "manifest")
# What exai keeps to itself, whether or not this project has it: (API group, kind, start of a name).
OWN = (("", "ConfigMap", "exai-"), ("serving.kserve.io", "ServingRuntime", "exai-"))


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Each object by itself."""
    strict = {
        name: environment
        for name, environment in subject.environments.items()
        if environment.target != "local"
    }
    for spec, body in subject.project.bodies(ManifestSpec):
        yield from _invalid(spec, body)
        name = body.name(spec.ref.name)
        for group, kind, start in OWN:
            same = (body.api.rpartition("/")[0], body.kind) == (group, kind)
            if same and name.startswith(start):
                yield Diagnostic(
                    "manifest-clash",
                    f"{kind}s that start with `{start}` are exai's own",
                    spec.at(*AT, "kind"),
                    hint="give it another name",
                )
        for found in breaches(body.manifest):
            for name, environment in strict.items():
                if found.allowance not in environment.security.allow:
                    place = subject.project.root.key_at("spec", "environments", name)
                    yield Diagnostic(
                        "restricted-pod",
                        f"`{dotted(found.path)}` asks for {ALLOWANCES[found.allowance]}, which "
                        f"isn't allowed in environment `{name}`",
                        spec.at(*AT, *found.path),
                        hint=f"remove it, or add `security: {{allow: [{found.allowance}]}}` there",
                        related=((f"environment `{name}`", place),),
                        environments=(name,),
                    )


def _invalid(spec: Spec, body: ManifestSpec) -> Iterator[Diagnostic]:
    whole = _whole(spec, body)
    # Of thousands of keys that are none the rest isn't looked at: each is compared with all fields.
    told = list(islice(_of_the_schema(body, whole), MAX_IN_FILE + 1))
    for found in told:
        path = (*AT, *found.path)
        where = f" in `{dotted(found.path[:-1])}`" if found.path[:-1] else ""
        message = f"{found.message}{where} of the {body.kind}"
        if not found.on_key:
            message = f"`{dotted(found.path) or body.kind}` of the {body.kind} {found.message}"
        hint = found.hint or f"the CRD of the {body.kind} says so: kubectl explain {body.kind}"
        place = spec.key_at(*path) if found.on_key else spec.at(*path)
        if found.newer:
            yield Diagnostic("newer-field", message, place, severity="warning", hint=hint)
        else:
            yield Diagnostic("manifest-invalid", message, place, hint=hint)
    beside = (*loose_ends(whole), *refusals(whole), *kubeflow.refusals(whole))
    for loose in beside:
        if not any(_covers(found, loose.path, loose.message) for found in told):
            message = f"`{dotted(loose.path)}` of the {body.kind} {loose.message}"
            yield Diagnostic(
                "manifest-invalid", message, spec.at(*AT, *loose.path), hint=loose.hint
            )
    known = (*(found.path for found in told), *(loose.path for loose in beside))
    for broken in untold(_broken(body, whole), known):
        message = f"`{dotted(broken.path) or body.kind}` of the {body.kind} {broken.message}"
        hint = f"the CRD of the {body.kind} says so: kubectl explain {body.kind}"
        yield Diagnostic("manifest-invalid", message, spec.at(*AT, *broken.path), hint=hint)


def _covers(told: CrdProblem, path: tuple[str | int, ...], message: str) -> bool:
    """Whether it is said with what is told: inside of it, or as a field that is misspelt there."""
    lacks = message.startswith("has no ") and told.on_key and not told.newer
    return path[: len(told.path)] == told.path or (lacks and told.path[:-1] == path)


def _of_the_schema(body: ManifestSpec, whole: Mapping[str, Tree]) -> Iterator[CrdProblem]:
    if is_known(body.api, body.kind):
        yield from problems(crd(body.kind, body.api), whole)


def _broken(body: ManifestSpec, whole: Mapping[str, Tree]) -> Iterator[CrdProblem]:
    if is_known(body.api, body.kind):
        from exai_compiler.crds.rules import broken_rules

        yield from broken_rules(crd(body.kind, body.api), whole)


def _whole(spec: Spec, body: ManifestSpec) -> Mapping[str, Tree]:
    """The object with the name that it gets."""
    metadata = body.manifest.get("metadata")
    named = {
        **(metadata if isinstance(metadata, Mapping) else {}),
        "name": body.name(spec.ref.name),
    }
    return {**body.manifest, "metadata": named}
