"""`port-in-use`: ports that services ask for, or have kept from the last apply, and that another
program has, told before anything is started.

In: a project, what serves now. Out: warnings; by the apply it may have ended. Binds each port for a
moment, and listens on none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from exai_compiler.project import Project
from exai_runtime.local import process
from exai_runtime.local.ledger import Ledger
from exai_runtime.local.paths import Paths
from exai_runtime.local.ports import LOOPBACK, listener_of, taken
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ServiceSpec

AT = ("spec", "local", "port")
_HINT = "end that process before you apply, or give the service another port"
_HINT_KEPT = f"{_HINT}: `local: {{port: ...}}`"


def port_problems(
    project: Project, paths: Paths, ledger: Callable[[], Ledger]
) -> Iterator[Diagnostic]:
    """A service's own port isn't among them, nor one that another service of this environment is
    about to hand over. The ledger is read once, for a service that isn't stopped, and fails as
    its reading does."""
    known = cache(ledger)
    for spec, service in project.bodies(ServiceSpec):
        if service.stopped:
            continue
        port, at, kept = service.local.port, spec.at(*AT), ""
        if port is None:
            if (before := known().services.get(spec.ref.name)) is None:
                continue
            port, at = before.port, spec.at("metadata", "name")
            kept = f", which {spec.ref} keeps,"
        served = [one.process for one in known().services.values() if one.port == port]
        if any(map(process.alive, served)) or not taken(port):
            continue
        who = listener_of(port)
        ours = process.marked(EXAI_OWNER=paths.owner) if who is not None else ()
        if who is not None and any(one.pid == who[0] for one in ours):
            continue  # a killed apply left it behind: the next one takes it into service
        by = f" by process {who[0]} ({who[1]})" if who is not None else ""
        yield Diagnostic(
            "port-in-use",
            f"port {port} of {LOOPBACK}{kept} is taken{by}",
            at,
            "warning",
            _HINT_KEPT if kept else _HINT,
        )
