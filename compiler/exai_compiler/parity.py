"""What the local target doesn't honour, as notes: one a field, with its place and what happens
instead.

In: a project and the name of an environment. Out: notes, in order; none for other targets. The
rendered objects have these fields all the same: a parity note never changes a byte of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, in_order
from exai_specs.frozen import Json
from exai_specs.kinds import PipelineSpec, ServiceSpec
from exai_specs.parse import Spec

Path = tuple[str | int, ...]

CODE = "local-parity"

# Field below the block -> what happens instead. A path that goes on below (`resources.memory`) is a
# field of its own.
SERVICE: Mapping[Path, str] = MappingProxyType(
    {
        ("replicas",): "one process serves",
        ("autoscale",): "one process serves, whatever the load",
        ("resources", "cpu"): "the process takes what the machine has",
        ("resources", "memory"): "the process takes what the machine has",
        ("resources", "limits"): "the process takes what the machine has",
        ("timeout",): "a request may take as long as it needs",
        ("slo",): "nobody watches it; the server's /metrics have the numbers",
    }
)
STEP: Mapping[Path, str] = MappingProxyType(
    {
        ("resources", "cpu"): "the step takes what the machine has",
        ("resources", "memory"): "it bounds the Java heap, nothing else",
        ("resources", "limits", "cpu"): "the step takes what the machine has",
        ("resources", "limits", "memory"): "it bounds the Java heap, nothing else",
        ("timeout",): "the step may take as long as it needs",
        ("cache",): "every step of a run is executed; what succeeded isn't run again at all",
    }
)
# Extended resources such as nvidia.com/gpu are told by the slash in their names.
EXTENDED = "nothing is reserved: the step or server sees what the machine has"


def parity(project: Project, environment_name: str) -> tuple[Diagnostic, ...]:
    """Every field of the project that this environment ignores."""
    environment = project.environment(environment_name)
    if environment is None or environment.target != "local":
        return ()
    return in_order(_notes(project))


def _notes(project: Project) -> Iterator[Diagnostic]:
    for spec, _ in project.bodies(ServiceSpec):
        yield from _block(spec, ("spec",), SERVICE)
    for spec, pipeline in project.bodies(PipelineSpec):
        yield from _block(spec, ("spec", "defaults"), STEP)
        for name in pipeline.steps:
            yield from _block(spec, ("spec", "steps", name), STEP)


def _block(spec: Spec, base: Path, fields: Mapping[Path, str]) -> Iterator[Diagnostic]:
    block = _value(spec.document.value, base)
    if not isinstance(block, Mapping) or not any(path[0] in block for path in fields):
        return
    for path, instead in fields.items():
        if _value(block, path) is not None:
            yield _note(spec, (*base, *path), instead)
    for path in (("resources",), ("resources", "limits")):
        found = _value(block, path)
        for name in found if isinstance(found, Mapping) else ():
            if "/" in name and (*path, name) not in fields and path not in fields:
                yield _note(spec, (*base, *path, name), EXTENDED)


def _note(spec: Spec, path: Path, instead: str) -> Diagnostic:
    field = ".".join(str(part) for part in path[1:])
    message = f"{spec.ref}: the local target doesn't honour `{field}`: {instead}"
    return Diagnostic(CODE, message, spec.key_at(*path), "note")


def _value(value: Json, path: Path) -> Json:
    for part in path:
        value = value.get(str(part)) if isinstance(value, Mapping) else None
    return value
