"""What killed applies left behind, and nobody needs any more. Called by an apply that has done all
it had to do.

In: the processes that carry this environment's mark, and the control plane. Never ends what is
recorded, what a living run belongs to, or what still answers for a service whose recorded process
is gone: the next plan will say what becomes of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from exai_runtime.local import control_socket, process
from exai_runtime.local.ledger import Ledger
from exai_runtime.local.paths import Paths, remove_private
from exai_runtime.local.process import Process, alive, environment_of
from exai_runtime.local.run_requests import held
from exai_runtime.local.searches.executor import held as search_held
from exai_runtime.local.searches.executor import search_paths

_GRACE = 3.0


def sweep(paths: Paths, ledger: Ledger) -> None:
    """End them, and clear away what the dead ones left in the temp folder."""
    found = {one: environment_of(one) for one in process.marked(EXAI_OWNER=paths.owner)}
    left = tuple(one for one, environ in found.items() if _left_over(one, environ, paths, ledger))
    if left:
        process.end(lambda: left, _GRACE)
    living = [environ for one, environ in found.items() if one not in left]
    _clear(paths, living)


def _left_over(one: Process, environ: Mapping[str, str], paths: Paths, ledger: Ledger) -> bool:
    if service := environ.get("EXAI_SERVICE"):
        recorded = ledger.services.get(service)
        if recorded is not None and recorded.process == one:
            return False
        state = control_socket.state(environ.get("EXAI_CONTROL", ""))
        needed = recorded is not None and not alive(recorded.process)
        return state is None or not (
            state.state == "draining" or (state.state == "serving" and needed)
        )
    if environ.get("EXAI_FEATURE_STORE_PROCESS") == "write":
        return True
    if search := environ.get("EXAI_SEARCH"):
        return not search_held(search_paths(paths, search))
    key = environ.get("EXAI_RUN", "")
    return bool(key) and not held(paths.run(key))


def _clear(paths: Paths, living: list[Mapping[str, str]]) -> None:
    used = {Path(environ["EXAI_CONTROL"]).name for environ in living if "EXAI_CONTROL" in environ}
    used |= {paths.scratch(environ["EXAI_RUN"]).name for environ in living if "EXAI_RUN" in environ}
    if paths.private.is_dir():
        for entry in paths.private.iterdir():
            if entry.name.removesuffix(".fd") in used:
                continue
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
    remove_private(paths)
