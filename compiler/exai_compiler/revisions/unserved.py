"""Services whose server is gone.

In: both projects. Out: a `Break` for each service that names a Runtime which was removed: whether
the platform has another one of that name, no specs say.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.project import Project
from exai_compiler.revisions.breaks import Break
from exai_specs.identity import Ref
from exai_specs.kinds import ServiceSpec


def unserved(base: Project, head: Project) -> Iterator[Break]:
    """In the order of the services' documents."""
    for spec, service in head.bodies(ServiceSpec):
        runtime = Ref("Runtime", service.runtime or "")
        if runtime not in base.specs or runtime in head.specs or spec.ref not in base.specs:
            continue
        at, why = spec.at("spec", "runtime"), f"its runtime `{runtime.name}` is removed"
        yield Break(str(spec.ref), spec.ref, at, why, (runtime, spec.ref))
