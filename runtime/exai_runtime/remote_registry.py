"""The MLflow registry that an environment's `tracking.uri` names: read, never written.

In: that URI; credentials come from MLflow's own variables (`MLFLOW_TRACKING_USERNAME`, ...). Out:
models with versions and aliases. Opens a socket, for the commands whose whole purpose it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span

if TYPE_CHECKING:
    from exai_compiler.facts import ModelFacts

# A registry that doesn't answer is told within a minute; MLflow itself tries for many.
_PATIENCE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
}
_LONGEST = 300
_SYSTEM = re.compile(r"\[Errno -?\d+\] ([^'\")\\]+)")


def _said(text: str) -> str:
    """What people can use of it: the system's own words, where it comes down to them."""
    found = _SYSTEM.search(text)
    return found[1].strip() if found else " ".join(text.split())[:_LONGEST]


def read_models_at(uri: str, at: Span) -> Mapping[str, ModelFacts]:
    """Every registered model. Raises TargetError `registry-unreachable`, at this place."""
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    from exai_runtime.local.registry import client_of, models_of

    client = client_of(uri, 0)
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return models_of(client)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        said = _said(str(error))
        hint = "it is asked as MLflow's own clients ask it: MLFLOW_TRACKING_USERNAME and the like"
        message = f"the registry of models at {uri} can't be read: {said}"
        raise TargetError(Diagnostic("registry-unreachable", message, at, hint=hint)) from None
