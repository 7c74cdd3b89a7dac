"""`port-in-use`: ports that services ask for and that another program has, told before anything is
started.

In: a project, what serves now. Out: warnings; by the apply it may have ended. Binds each port for a
moment, and listens on none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from exai_compiler.project import Project
from exai_runtime.local import process
from exai_runtime.local.ledger import Ledger
from exai_runtime.local.paths import Paths
from exai_runtime.local.ports import LOOPBACK, listener_of, taken
from exai_specs.diagnostics import Diagnostic
from exai_specs.kinds import ServiceSpec

AT = ("spec", "local", "port")


def port_problems(
    project: Project, paths: Paths, ledger: Callable[[], Ledger]
) -> Iterator[Diagnostic]:
    """A service's own port isn't among them, nor one that another service of this environment is
    about to hand over. The ledger is read for a service that says its port, and fails as its
    reading does."""
    for spec, service in project.bodies(ServiceSpec):
        port = service.local.port
        if port is None or service.stopped:
            continue
        served = [one.process for one in ledger().services.values() if one.port == port]
        if any(map(process.alive, served)) or not taken(port):
            continue
        who = listener_of(port)
        ours = process.marked(EXAI_OWNER=paths.owner) if who is not None else ()
        if who is not None and any(one.pid == who[0] for one in ours):
            continue  # a killed apply left it behind: the next one takes it into service
        by = f" by process {who[0]} ({who[1]})" if who is not None else ""
        yield Diagnostic(
            "port-in-use",
            f"port {port} of {LOOPBACK} is taken{by}",
            spec.at(*AT),
            "warning",
            "end that process before you apply, or give the service another port",
        )
