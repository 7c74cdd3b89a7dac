"""MLflow's registry, for the two steps that speak to it.

In: MLFLOW_TRACKING_URI. Out: a client, or a readable failure.
Never starts a server, never phones home, never imports what only training in a notebook needs.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from exai_components.light_imports import without
from exai_components.outcome import StepFailure

# All optional to MLflow's client (its `mlflow-skinny` comes without them).
_ABSENT = ("pandas", "scipy", "sklearn", "matplotlib", "pygments", "IPython")


def open_registry(absent: Sequence[str] = ()) -> Any:
    """An `MlflowClient`; `absent` names more packages that the step doesn't use."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        raise StepFailure(
            "no-registry",
            "This environment has no registry",
            "Set MLFLOW_TRACKING_URI, such as sqlite:////path/to/mlflow.db",
        )
    with without(absent=(*_ABSENT, *absent)):
        from mlflow import MlflowClient

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        return MlflowClient()  # imports the store that the address calls for


def registry_file() -> Path | None:
    """The SQLite file behind the registry; None when it is a server or another database."""
    parts = urlsplit(os.environ.get("MLFLOW_TRACKING_URI", ""))
    return Path(unquote(parts.path)[1:]) if parts.scheme == "sqlite" else None


@contextmanager
def registry_failures() -> Iterator[None]:
    """What the registry refuses or can't do becomes a failure that a retry may mend."""
    try:
        yield
    except StepFailure:
        raise
    except Exception as error:
        if not type(error).__module__.startswith(("mlflow", "requests", "urllib3", "sqlalchemy")):
            raise
        told = str(error).strip().splitlines() or [type(error).__name__]
        raise StepFailure(
            "registry-failed",
            f"The registry answered: {told[0]}",
            "See that it is up, and that this environment may write to it",
            final=False,
        ) from None
