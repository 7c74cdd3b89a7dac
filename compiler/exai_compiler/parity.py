"""What an environment leaves undone, as notes: each field that the local target doesn't honour,
with its place and what happens instead; data whose changes nobody sees; files that are copied.

In: a project and the name of an environment. Out: notes, in order. The rendered objects have these
fields all the same: a note never changes a byte of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeGuard

from exai_compiler.feature_files import named_files
from exai_compiler.parity_fields import (
    ABSENT,
    ENVIRONMENT,
    LOOP,
    PIPELINE,
    SERVED,
    SERVICE,
    STEP,
    TRIAL,
    VIEW,
    Fields,
    Path,
)
from exai_compiler.policies import applied
from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, in_order
from exai_specs.kinds import (
    AnyStep,
    DatasetSpec,
    Environment,
    FeatureServiceSpec,
    FeatureViewSpec,
    Group,
    HttpSource,
    PipelineSpec,
    Postgresql,
    ServiceSpec,
    SqlSource,
    Step,
    TuningSpec,
)
from exai_specs.parse import Spec
from exai_specs.values import replace

CODE = "local-parity"
STOPPED = ("stopped",)
NOT_WATCHED = "data-not-watched"
COPIED = "copied-file"

# Extended resources such as nvidia.com/gpu are told by the slash in their names.
EXTENDED = "nothing is reserved: the step or server sees what the machine has"


def parity(project: Project, environment_name: str) -> tuple[Diagnostic, ...]:
    """Every field of the project that this environment ignores, and data that isn't watched; less
    what the project's policies and comments allow."""
    return in_order(applied(project, notes(project, environment_name)))


def notes(project: Project, environment_name: str) -> tuple[Diagnostic, ...]:
    """All of them, allowed or not."""
    environment = project.environment(environment_name)
    if environment is None:
        return ()
    found = [*_unwatched(project, environment), *_copied(project, environment_name, environment)]
    if environment.target == "local":
        found += _notes(project, environment_name)
    return tuple(replace(each, environments=(environment_name,)) for each in found)


def _unwatched(project: Project, environment: Environment) -> Iterator[Diagnostic]:
    """Datasets on a server: nobody knows when their rows change, unless `version` says how."""
    for spec, dataset in project.bodies(DatasetSpec):
        if dataset.version is not None or isinstance(dataset.source, HttpSource):
            continue
        if not isinstance(dataset.source, SqlSource):
            if "://" in dataset.source.path:
                yield Diagnostic(
                    NOT_WATCHED,
                    f"{spec.ref}: its data is not watched: new files in that store start no run",
                    spec.at("spec", "source"),
                    "note",
                    "set `version` to snapshot or {fixed: ...}; none ends this note",
                )
        elif isinstance(environment.connections.get(dataset.source.connection), Postgresql):
            yield Diagnostic(
                NOT_WATCHED,
                f"{spec.ref}: its data is not watched: new rows on the server start no run",
                spec.at("spec", "source"),
                "note",
                "set `version` to {query: ...}, snapshot or {fixed: ...}; none ends this note",
            )


def _copied(project: Project, name: str, environment: Environment) -> Iterator[Diagnostic]:
    """Files of the feature repository that exai knows nothing of."""
    for index, path in enumerate(named_files(project, environment)):
        yield Diagnostic(
            COPIED,
            f"`{path}` is copied into the feature repository as it is",
            project.root.at("spec", "environments", name, "features", "files", index),
            "note",
            "what it defines reaches Feast's registry; exai neither checks nor materializes it",
        )


def _notes(project: Project, environment_name: str) -> Iterator[Diagnostic]:
    yield from _block(project.root, ("spec", "environments", environment_name), ENVIRONMENT)
    yield from _absent(project)
    for spec, service in project.bodies(ServiceSpec):
        if service.stopped:  # then that says all: nothing of it runs that could honour more
            message = f"{spec.ref}: it is `stopped`: {SERVICE.instead[STOPPED]}"
            yield Diagnostic(CODE, message, spec.key_at("spec", *STOPPED), "note")
            continue
        yield from _block(spec, ("spec",), SERVICE)
        if service.features is not None:
            message = (
                f"{spec.ref}: `features` are looked up by the server's own process here, and by a "
                "transformer of its own on a cluster"
            )
            yield Diagnostic(CODE, message, spec.key_at("spec", "features"), "note")
    for spec, tuning in project.bodies(TuningSpec):
        yield from _block(spec, ("spec", "trial"), TRIAL)
        yield from _search(spec, tuning)
    for spec, _ in project.bodies(FeatureViewSpec):
        yield from _block(spec, ("spec",), VIEW)
    for spec, _ in project.bodies(FeatureServiceSpec):
        yield from _block(spec, ("spec",), SERVED)
    for spec, pipeline in project.bodies(PipelineSpec):
        yield from _block(spec, ("spec",), PIPELINE)
        yield from _block(spec, ("spec", "defaults"), STEP)
        written = _value(spec.document.kept, _STEPS)
        yield from _steps(spec, pipeline.steps, written, _STEPS)
        if pipeline.finally_ is not None and _is_told(pipeline.finally_):
            yield from _block(spec, ("spec", "finally"), STEP)


def _search(spec: Spec, tuning: TuningSpec) -> Iterator[Diagnostic]:
    """Optuna's samplers, where they aren't Katib's."""
    from exai_compiler.tuning.algorithms import HONOURED, OTHERWISE

    name = tuning.algorithm.name
    if (instead := OTHERWISE.get(name)) is not None:
        yield _note(spec, ("spec", "algorithm", "name"), instead)
    for setting in tuning.algorithm.settings:
        if name in HONOURED and setting not in HONOURED[name]:
            instead = "a grid is walked in order" if name == "grid" else "Optuna has no such"
            yield _note(spec, ("spec", "algorithm", "settings", setting), instead)


def _absent(project: Project) -> Iterator[Diagnostic]:
    for spec in project.specs.values():
        if (why := ABSENT.get(type(spec.body))) is not None:
            yield Diagnostic(CODE, f"{spec.ref}: {why}", spec.at("metadata", "name"), "note")


def _steps(
    spec: Spec, steps: Mapping[str, AnyStep], written: Any, path: Path
) -> Iterator[Diagnostic]:
    """Of steps and groups at any depth; `written` is what the document has at `path`."""
    for name, step in steps.items():
        block = _value(written, (name,))
        here = (*path, name)
        if isinstance(step, Step):
            if _has_any(block, STEP) and _is_told(step):  # asked here, for few have any
                yield from _of_block(spec, here, block, STEP)
        elif isinstance(step, Group):
            yield from _of_block(spec, here, block, LOOP)
            yield from _steps(spec, step.steps, _value(block, ("steps",)), (*here, "steps"))
        else:
            for index, way in enumerate(step.choose):
                inside: Path = ("choose", index, "steps")
                yield from _steps(spec, way.steps, _value(block, inside), (*here, *inside))


def _is_told(step: Step) -> bool:
    """What isn't run at all is an error."""
    return step.body not in ("image", "import_") and not step.component_file


def _block(spec: Spec, base: Path, fields: Fields) -> Iterator[Diagnostic]:
    return _of_block(spec, base, _value(spec.document.kept, base), fields)


def _has_any(block: Any, fields: Fields) -> TypeGuard[Mapping[str, Any]]:
    # A block has few fields, the table many.
    return _is_mapping(block) and not fields.first.keys().isdisjoint(block)


def _of_block(spec: Spec, base: Path, block: Any, fields: Fields) -> Iterator[Diagnostic]:
    if not _has_any(block, fields):
        return
    for first in (key for key in fields.first if key in block):
        for path in fields.first[first]:
            if _value(block, path) is not None:
                yield _note(spec, (*base, *path), fields.instead[path])
    if "resources" not in block:
        return
    for path in (("resources",), ("resources", "limits")):
        found = _value(block, path)
        for name in found if _is_mapping(found) else ():
            if "/" in name and (*path, name) not in fields.instead and path not in fields.instead:
                yield _note(spec, (*base, *path, name), EXTENDED)


def _note(spec: Spec, path: Path, instead: str) -> Diagnostic:
    field = ".".join(map(str, path[1:]))
    message = f"{spec.ref}: the local target doesn't honour `{field}`: {instead}"
    return Diagnostic(CODE, message, spec.key_at(*path), "note")


_STEPS = ("spec", "steps")
_MAPPINGS = frozenset({MappingProxyType, dict})


def _value(value: Any, path: Path) -> Any:
    """What stands at a path of a document's value, frozen or not."""
    for part in path:
        # Not asked below: this is done of every step.
        if type(value) in _MAPPINGS:
            value = value.get(str(part))
        elif isinstance(value, tuple | list) and isinstance(part, int):
            value = value[part]
        else:
            return None
    return value


def _is_mapping(value: Any) -> TypeGuard[Mapping[str, Any]]:
    # By its exact type: an abstract class takes long to be asked.
    return type(value) in _MAPPINGS
