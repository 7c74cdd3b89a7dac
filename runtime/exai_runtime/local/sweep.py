"""What killed applies left behind, and nobody needs any more. Called by an apply that has done all
it had to do.

In: the processes that carry this environment's mark, and the control plane. Never ends what is
recorded, what a living run belongs to, or what still answers for a service whose recorded process
is gone: the next plan will say what becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_runtime.local import control_socket, process
from exai_runtime.local.control import Ledger
from exai_runtime.local.paths import Paths, remove_private
from exai_runtime.local.process import Process, alive, environment_of
from exai_runtime.local.run_requests import held

_GRACE = 3.0


def sweep(paths: Paths, ledger: Ledger) -> None:
    """End them."""
    left = tuple(_left_over(paths, ledger))
    if left:
        process.end(lambda: left, _GRACE)
    remove_private(paths)


def _left_over(paths: Paths, ledger: Ledger) -> Iterator[Process]:
    for one in process.marked(EXAI_OWNER=paths.owner):
        environ = environment_of(one)
        if service := environ.get("EXAI_SERVICE"):
            recorded = ledger.services.get(service)
            if recorded is not None and recorded.process == one:
                continue
            found = control_socket.state(environ.get("EXAI_CONTROL", ""))
            needed = recorded is not None and not alive(recorded.process)
            if found is not None and (
                found.state == "draining" or (found.state == "serving" and needed)
            ):
                continue
            yield one
        elif (key := environ.get("EXAI_RUN")) and not held(paths.run(key)):
            yield one
