"""`platform-field`: what the Kubeflow Pipelines of an older platform can't read of a Pipeline.

Its API server takes a platform spec by protobuf's strict JSON: one with a field that it doesn't
know is passed over as a whole, with the Secrets and volumes of every step
(`IsPlatformSpecWithKubernetesConfig` in backend/src/apiserver/template/v2_template.go of
kubeflow/pipelines). How long a run may take and its pods are kept is in PipelineConfig since 2.17
(kfp-pipeline-spec 2.16.0 has neither).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import PipelineSpec

# Platform -> its Kubeflow Pipelines, where that isn't the newest that exai knows (targets 4).
OLDER: Mapping[str, str] = MappingProxyType({"kubeflow-26.03": "2.16"})
NOT_IN_2_16 = ("ttl", "timeout")


def older_pipelines(subject: Subject) -> Mapping[str, str]:
    """The environments whose Kubeflow Pipelines is an older one, and which."""
    return {
        name: release
        for name, each in subject.environments.items()
        if each.target != "local" and (release := OLDER.get(each.platform or ""))
    }


def check(subject: Subject) -> Iterator[Diagnostic]:
    older = older_pipelines(subject)
    for spec, body in subject.project.bodies(PipelineSpec) if older else ():
        for field in NOT_IN_2_16:
            if getattr(body, field) is None:
                continue
            for name, release in older.items():
                place = subject.project.root.key_at("spec", "environments", name)
                yield Diagnostic(
                    "platform-field",
                    f"Kubeflow Pipelines {release}, the one on the platform of `{name}`, knows no "
                    f"`{field}` of a pipeline, and passes over all that is told of its pods then",
                    spec.key_at("spec", field),
                    hint="remove it, by an Overlay there; or, where a newer Kubeflow "
                    "Pipelines is, write `platform: latest` there",
                    related=((f"environment `{name}`", place),),
                    environments=(name,),
                )
