"""`kfp-placeholder`, `runtime-placeholder`, `kubernetes-placeholder`, `feast-placeholder`: literals
that an engine would expand (DESIGN section 8).

Kubeflow Pipelines replaces `{{$...}}` in constants; KServe replaces `{{...}}` anywhere in a
server's container, and in an LLMInferenceService wherever it stands; Kubernetes replaces
`$(NAME)` in a variable by one that comes before it; Feast replaces `$NAME` anywhere in
feature_store.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from exai_compiler.checks.container_step import in_arguments
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path, strings, value_at
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import ESCAPED, OPEN
from exai_specs.kinds import (
    DatasetSpec,
    LLMServiceSpec,
    ManifestSpec,
    PipelineSpec,
    RuntimeSpec,
    ServiceSpec,
)
from exai_specs.parse import Spec
from exai_specs.regexes import regex


class Engine(NamedTuple):
    """What expands text: from `mark` on."""

    name: str
    mark: str
    code: str


_VARIABLE = regex(r"(?<!\$)\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
_DOLLAR = regex(r"\$(\{[^}]*\}|\w+)")

_FIELD = regex(r"\{\{-?\s*\.([A-Za-z_]\w*)")
# What KServe has at hand there: the metadata of the InferenceService (metav1.ObjectMeta).
METADATA = ("Annotations", "GenerateName", "Generation", "Labels", "Name", "Namespace", "UID")

KFP = Engine("Kubeflow Pipelines", "{{$", "kfp-placeholder")
# What of a Service becomes its server's container.
CONTAINER = ("args", "command", "env", "image", "probes", "volumes")
ANNOTATIONS = ("metadata", "annotations")
KSERVE = Engine("KServe", "{{", "runtime-placeholder")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, path, text in subject.braced:
        match spec.body:
            case PipelineSpec() if KFP.mark not in text or in_arguments(path):
                pass  # where they are meant
            case PipelineSpec() | DatasetSpec() if path[0] == "spec":
                # Of a dataset: its source, schema and quality are constants of steps that read it.
                yield from _found(spec, path, text, KFP)
            case ServiceSpec() if path[0] == "spec" and path[1] in CONTAINER:
                yield from _found(spec, path, text, KSERVE)
            case LLMServiceSpec() if path[0] == "spec" or path[:2] == ANNOTATIONS:
                yield from _found(spec, path, text, KSERVE)
            case RuntimeSpec() if path[0] == "spec" and path[1] in CONTAINER:
                yield from _unknown(spec, path, text)
            case ManifestSpec(kind="InferenceService" | "LLMInferenceService") if path[0] == "spec":
                yield from _found(spec, path, text, KSERVE)
            case _:
                pass
    yield from _variables(subject)
    yield from _store(subject)


def _unknown(spec: Spec, path: Path, text: str) -> Iterator[Diagnostic]:
    """Of a Runtime, where `{{.Name}}` is meant: fields that a service's metadata doesn't have."""
    for found in _FIELD.finditer(text):
        if found[1] not in METADATA:
            yield Diagnostic(
                "runtime-placeholder",
                f"the metadata of an InferenceService has no `{found[1]}`",
                spec.document.at(path, found.start()),
                hint=did_you_mean(found[1], METADATA),
            )


def _variables(subject: Subject) -> Iterator[Diagnostic]:
    """`$(NAME)` of a variable of the same container: exai sorts them by name, and a process of the
    local target gets the text as it is, so what is meant would hold in one place at most."""
    for spec, path, variables in subject.variables():
        for name, value in variables.items():
            for found in _VARIABLE.finditer(value) if isinstance(value, str) else ():
                if found[1] in variables:
                    yield Diagnostic(
                        "kubernetes-placeholder",
                        f"Kubernetes may replace `{found[0]}` by the variable `{found[1]}`, and "
                        "nothing else does",
                        spec.document.at((*path, name), found.start()),
                        hint=f"write out what `{found[1]}` is, or give that variable another name",
                        related=((f"the variable `{found[1]}`", spec.key_at(*path, found[1])),),
                    )


def _store(subject: Subject) -> Iterator[Diagnostic]:
    """Texts of feature_store.yaml. Feast reads it by os.path.expandvars (feast/repo_config.py)."""
    for name, environment in subject.environments.items():
        root, base = subject.project.root, ("spec", "environments", name)
        block = value_at(root.document.value, (*base, "features"))
        texts = [((*base, "features", *path), text) for path, text in strings(block)]
        store = environment.features.offline_store if environment.features is not None else None
        if store is not None and store.connection is not None:
            there = (*base, "connections", store.connection)
            texts += [
                ((*there, *path), text)
                for path, text in strings(value_at(root.document.value, there))
                if path[-1] in ("host", "database", "user")
            ]
        for path, text in texts:
            at = _DOLLAR.search(text)
            if at is not None and path[-1] not in ("secret", "key"):
                yield Diagnostic(
                    "feast-placeholder",
                    f"Feast would replace `{at[0]}` by a variable of its process",
                    root.document.at(path, at.start()),
                    hint="write the value out; what is secret as {secret: NAME, key: KEY}",
                    environments=(name,),
                )


def _found(spec: Spec, path: Path, text: str, engine: Engine) -> Iterator[Diagnostic]:
    at = text.find(engine.mark)
    while at > 0 and text[at - 1 : at + 2] == OPEN and text[max(at - 2, 0) : at + 2] != ESCAPED:
        at = text.find(engine.mark, at + 1)
    if at >= 0:
        yield Diagnostic(
            engine.code,
            f"{engine.name} would replace the text from `{text[at : at + 12]}` on",
            spec.document.at(path, at),
            hint="write it without two braces in a row",
        )
