"""MLflow's own client, wherever the registry is that it asks.

In: a URI. Out: what is registered there, as `Stored`. Importing MLflow costs seconds, so it happens
here alone, inside functions.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from exai_runtime.local.paths import cache_folder
from exai_runtime.local.surroundings import SILENT
from exai_runtime.registered import Stored, StoredVersion


@cache
def client_of(uri: str, inode: int) -> Any:
    """One client for each file, though another may have had its path before."""
    del inode
    import_mlflow()
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def import_mlflow() -> None:
    """Once, and without what it would tell others or log."""
    if "mlflow" in sys.modules:
        return
    os.environ.update(SILENT)
    os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.WARNING)
    import mlflow.store.model_registry.sqlalchemy_store  # noqa: F401

    # Its modules live as long as the process: a collection at the end would walk them for a second.
    gc.freeze()


def stored_in(client: Any) -> Stored:
    """What a client says that its registry holds. Raises what MLflow and its transport do, and
    ValueError for pages without an end."""
    versions = tuple(
        StoredVersion(item.name, int(item.version), item.source, dict(item.tags))
        for item in _pages(client.search_model_versions)
    )
    aliases = {
        str(model.name): {alias: int(number) for alias, number in dict(model.aliases).items()}
        for model in _pages(client.search_registered_models)
    }
    return Stored(versions, aliases)


def _pages(search: Any) -> Iterator[Any]:
    token, seen = None, set[str]()
    while True:
        page = search(page_token=token)
        yield from page
        token = page.token
        if not token:
            return
        if token in seen:
            raise ValueError("it gives the same page again and again")
        seen.add(token)
