"""What each code of the checks of environments and of Manifests means.

In: nothing. Out: `ENVIRONMENT_CODES`, a part of `CODES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exai_specs.codes import Code

ENVIRONMENT_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "exai-unpinned": Code(
            "A project for a cluster that doesn't say which versions of exai it is for.",
            "Whoever applies it next may have another version, which renders other objects. "
            "`spec.exai` of the Project is a range such as `>=0.1,<0.2`.",
            "warning",
        ),
        "incomplete-environment": Code(
            "An environment on a cluster lacks what its pipelines and services need.",
            "Objects need a `namespace`; steps that register models a registry (`tracking`) and a "
            "store that KServe reads, too (`models`); views a registry and an online store that "
            "all pods share (`features`).",
        ),
        "manifest-clash": Code(
            "A Manifest of an object that another document is already.",
            "Two documents would take turns in saying what the object is. Say it in one of them.",
        ),
        "manifest-invalid": Code(
            "A Manifest of an object that the API server would refuse, or drop parts of.",
            "The objects of kinds whose CRD exai knows are held against it.",
        ),
        "newer-field": Code(
            "A field that Kubernetes' own kind didn't have in the version that exai knows.",
            "The kinds of Kubernetes itself gain fields with every version. One that the cluster "
            "doesn't have is refused or dropped by it; where it has it, allow it there: "
            "`# exai: allow newer-field -- our cluster is 1.34`. A name that is nearly one of "
            "those that exai knows is an error.",
            "warning",
        ),
        "not-yet": Code(
            "A setting for what this version of exai doesn't do.",
            "It is checked, and nothing comes of it yet.",
            "note",
        ),
        "unknown-object": Code(
            "A Manifest of a kind that its API group doesn't have, as far as exai knows.",
            "A slip in `kind` or `apiVersion` is found by the cluster, late, and until then no "
            "field of it is checked. exai knows the kinds of Kubernetes 1.30 to 1.34 and of the "
            "projects whose CRDs it has; other groups it leaves alone. A cluster that is newer may "
            "have the kind; then allow it there: `# exai: allow unknown-object -- WHY`.",
            "warning",
        ),
        "unpinned-image": Code(
            "An environment on a cluster names an image of exai by its tag.",
            "What a tag means can change, and steps and servers with it. Name it by digest.",
        ),
        "outside-gitops": Code(
            "An environment under GitOps whose pipelines go through the KFP API.",
            "What an engine such as Argo CD takes are objects of Kubernetes: it deploys the "
            "services and never a pipeline. With `pipelines: {mode: kubernetes}` pipelines and "
            "their versions are such objects; else somebody uploads what is under `kfp/`, and "
            "allows it there: `# exai: allow outside-gitops -- CI uploads kfp/`.",
            "warning",
        ),
        "unknown-platform": Code(
            "An environment's `platform` is no release of Kubeflow that exai knows.",
            "The release decides which fields and serving runtimes there are. Leave it out, or "
            "write `latest`, for the newest that exai knows.",
        ),
        "wrong-pin": Code(
            "A line of `exai.lock` that can't hold.",
            "It says which version an alias means in an environment on a cluster: of a model that "
            "a registry has, with the digest that servers check. `exai lock` writes it from the "
            "environment's registry; local environments ask theirs.",
        ),
    }
)
