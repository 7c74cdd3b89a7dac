"""A pipeline's claims (LANGUAGE section 6.1): those that steps mount are there, while they are, and
no step has the name of a task that makes or removes one, or of the group in between.

`unknown-reference`, `out-of-scope`, `generated-name`.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.graph import FINALLY
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import PipelineSpec
from exai_specs.kinds.step_pod import ClaimMount

# As the KFP backend calls the tasks of a claim.
TASKS = ("create", "with", "delete")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, graph, step in subject.steps():
        claims = spec.body.claims if isinstance(spec.body, PipelineSpec) else {}
        for path, volume in step.spec.volumes.items():
            if not isinstance(volume, ClaimMount):
                continue
            at = spec.at(*step.path, "volumes", path, "claim")
            if volume.claim not in claims:
                hint = did_you_mean(volume.claim, claims, "declare it under spec.claims")
                message = f"this pipeline has no claim `{volume.claim}`"
                yield Diagnostic("unknown-reference", message, at, hint=hint)
            elif step is graph.steps.get(FINALLY):
                message = f"`{volume.claim}` is gone when `finally` runs"
                hint = "mount it in a step, and hand the files on"
                yield Diagnostic("out-of-scope", message, at, hint=hint)
    for spec, body in subject.project.bodies(PipelineSpec):
        graph = subject.graphs[spec.ref.name]
        for name, claim in body.claims.items():
            for task in TASKS[:1] if claim.keep else TASKS:
                clash = graph.nodes.get(f"{task}-{name}")
                if clash is not None:
                    yield Diagnostic(
                        "generated-name",
                        f"exai calls a task `{task}-{name}` itself: it is of the claim `{name}`",
                        spec.key_at(*clash.path),
                        hint="give this step another name",
                        related=(("for this", spec.key_at("spec", "claims", name)),),
                    )
