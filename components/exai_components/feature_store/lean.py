"""Imports Feast without what only its other parts need, in a third of the time.

`import feast` compiles every class a second time to check the types of its arguments (typeguard's
`typechecked`), which is half of its start-up, and loads a feature server, a web page and what those
need. What calls Feast here is generated and checked, and serves nothing by these servers. So, while
Feast is imported:

- `typeguard.typechecked` hands back what it is given, as it does itself under `python -O`;
- `feast.feature_server`, `feast.ui_server`, and what Feast itself takes of `fastapi`, stand in
  `sys.modules` as modules that load the real ones when somebody uses them.

Nothing of Feast is changed or copied, and what was already imported is left alone.
"""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from exai_components.light_imports import standing_in, without

QUIET = {"FEAST_USAGE": "False", "DO_NOT_TRACK": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
_SERVERS = {
    "feast.feature_server": (),
    "feast.ui_server": (),
    "fastapi": (),
    "fastapi.concurrency": ("run_in_threadpool",),
    "fastapi.status": (),
}


def import_feast() -> Any:
    """The package `feast`; imported once."""
    os.environ.update(QUIET)
    # What PostgreSQL's driver and Feast take a time without a zone for.
    os.environ["PGTZ"] = "UTC"
    if "feast" in sys.modules:
        return sys.modules["feast"]
    with without(), _unchecked(), standing_in(_SERVERS):
        return importlib.import_module("feast")


@contextmanager
def _unchecked() -> Iterator[None]:
    import typeguard

    checked = typeguard.typechecked

    def same(target: Any = None, **_settings: Any) -> Any:
        return target if target is not None else lambda late: late

    typeguard.typechecked = same
    try:
        yield
    finally:
        typeguard.typechecked = checked
