"""`incomplete-environment`: what an environment on a cluster has to say before anything works.
`unknown-platform`: a Kubeflow release that exai knows nothing of. `exai-unpinned`: a project for a
cluster that doesn't say which exai it is for. `outside-gitops`: pipelines that no engine of GitOps
takes. `not-yet`: settings for what this version of exai
doesn't do (LANGUAGE section 4).
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.platforms import RELEASES
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import Environment, FeatureViewSpec, PipelineSpec, ProjectSpec
from exai_specs.kinds.applying import Gitops
from exai_specs.kinds.stores import FeatureStore

# Kinds that become no object of Kubernetes.
ELSEWHERE = frozenset({"Project", "Dataset", "Entity", "FeatureView", "FeatureService", "Model"})
NOT_YET = {
    ("pipelines", "endpoint"): "applies there",
    ("pipelines", "versions"): "applies there",
    ("applier",): "applies there",
    ("reconcile",): "reconciles",
}


def check(subject: Subject) -> Iterator[Diagnostic]:
    root = subject.project.root
    clusters = {
        name: environment
        for name, environment in subject.environments.items()
        if environment.target != "local"
    }
    body = root.body
    if clusters and isinstance(body, ProjectSpec) and body.exai is None:
        places = ((f"`{name}`", root.key_at("spec", "environments", name)) for name in clusters)
        yield Diagnostic(
            "exai-unpinned",
            "a project for a cluster says which versions of exai it is for",
            root.key_at("spec"),
            "warning",
            hint='add exai: ">=0.1,<0.2" below it',
            related=tuple(places),
            environments=tuple(clusters),
        )
    for name, environment in clusters.items():
        if environment.platform is not None and environment.platform not in RELEASES:
            yield Diagnostic(
                "unknown-platform",
                f"exai knows no release of Kubeflow of the name that `{name}` has",
                root.at("spec", "environments", name, "platform"),
                hint=did_you_mean(environment.platform, RELEASES),
                environments=(name,),
            )
        for field, why, example in _missing(subject, environment):
            yield Diagnostic(
                "incomplete-environment",
                f"environment `{name}` has no `{field}`: {why}",
                root.key_at("spec", "environments", name),
                hint=f"add `{example}` there",
                environments=(name,),
            )
        by_api = isinstance(environment.apply, Gitops) and environment.pipelines.mode == "api"
        pipeline = next(subject.project.bodies(PipelineSpec), None) if by_api else None
        if pipeline is not None:
            at = ("spec", "environments", name)
            stated = root.key_at(*at, "pipelines")
            there = root.document.at((*at, "pipelines")) != root.document.at(at)
            yield Diagnostic(
                "outside-gitops",
                f"GitOps takes no pipelines of `{name}`: they go through the KFP API there",
                root.key_at(*at, "apply", "gitops"),
                "warning",
                hint="add `pipelines: {mode: kubernetes}` there; or upload what `exai render` "
                "writes to `kfp/`",
                related=(
                    *((("`pipelines` of it", stated),) if there else ()),
                    ("such a pipeline", pipeline[0].at("metadata", "name")),
                ),
                environments=(name,),
            )
        for setting, what in NOT_YET.items():
            path = ("spec", "environments", name, *setting)
            if root.document.at(path) != root.document.at(path[:-1]):
                yield Diagnostic(
                    "not-yet",
                    f"`{'.'.join(setting)}` waits for a version of exai that {what}",
                    root.key_at(*path),
                    "note",
                    "this one validates and renders specs for a cluster",
                    environments=(name,),
                )


def _missing(subject: Subject, environment: Environment) -> Iterator[tuple[str, str, str]]:
    effects = {step.component.effects for _, _, step in subject.steps() if step.component}
    kinds = {spec.ref.kind for spec in subject.project.all}
    if environment.namespace is None and kinds - ELSEWHERE:
        yield "namespace", "nothing says where its objects are", "namespace: NAME"
    if environment.tracking is None and effects & {"reads-registry", "writes-registry"}:
        yield "tracking", "steps find no registry of models", "tracking: {uri: https://...}"
    if environment.models is None and "writes-registry" in effects:
        yield "models", "steps can't store models", "models: {store: s3://...}"
    yield from _stores(subject, environment.features or FeatureStore())


def _stores(subject: Subject, features: FeatureStore) -> Iterator[tuple[str, str, str]]:
    """Where nothing says where they are, they are files: every pod has its own, and loses it."""
    views = [view for _, view in subject.project.bodies(FeatureViewSpec)]
    registry, online = features.registry, features.online_store
    if views and (registry is None or registry.path is None):
        yield (
            "features.registry",
            "every pod would keep definitions in a file of its own",
            "features: {registry: {registry_type: sql, path: {secret: NAME, key: KEY}}}",
        )
    if any(view.online for view in views) and (
        online is None or (online.type == "sqlite" and online.path is None)
    ):
        yield (
            "features.online_store",
            "every pod would look features up in an empty file of its own",
            "features: {online_store: {type: redis, connection_string: {secret: NAME, key: KEY}}}",
        )
