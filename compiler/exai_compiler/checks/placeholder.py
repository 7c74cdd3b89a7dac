"""`kfp-placeholder`, `runtime-placeholder`: literals that an engine would expand (DESIGN section
8).

Kubeflow Pipelines replaces `{{$...}}` in constants; KServe replaces `{{...}}` anywhere in a
server's container, and in an LLMInferenceService wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from exai_compiler.checks.container_step import in_arguments
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import Path
from exai_specs.diagnostics import Diagnostic
from exai_specs.expressions import ESCAPED, OPEN
from exai_specs.kinds import DatasetSpec, LLMServiceSpec, PipelineSpec, ServiceSpec
from exai_specs.parse import Spec


class Engine(NamedTuple):
    """What expands text: from `mark` on."""

    name: str
    mark: str
    code: str


KFP = Engine("Kubeflow Pipelines", "{{$", "kfp-placeholder")
# What of a Service becomes its server's container.
CONTAINER = ("args", "command", "env", "image", "probes", "volumes")
ANNOTATIONS = ("metadata", "annotations")
KSERVE = Engine("KServe", "{{", "runtime-placeholder")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, path, text in subject.braced:
        match spec.body:
            case PipelineSpec() if in_arguments(path):
                pass  # where they are meant
            case PipelineSpec() | DatasetSpec() if path[0] == "spec":
                # Of a dataset: its source, schema and quality are constants of steps that read it.
                yield from _found(spec, path, text, KFP)
            case ServiceSpec() if path[0] == "spec" and path[1] in CONTAINER:
                yield from _found(spec, path, text, KSERVE)
            case LLMServiceSpec() if path[0] == "spec" or path[:2] == ANNOTATIONS:
                yield from _found(spec, path, text, KSERVE)
            case _:
                pass


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
