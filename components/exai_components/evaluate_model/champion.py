"""The champion: the version that an alias names now, loaded from the store by URI and digest."""

import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from exai_components.model_file import BadModel
from exai_components.object_store import is_remote
from exai_components.outcome import StepFailure
from exai_components.remote_models import fetched


@dataclass(frozen=True, slots=True)
class Champion:
    """What the registry says of a version."""

    model: str
    version: int
    uri: str
    digest: str

    def folder(self) -> Path:
        """The folder behind the URI, which an object store's is brought to; a final failure for
        another scheme than these and a file's."""
        if is_remote(self.uri):
            return _fetched(self)
        parts = urlsplit(self.uri)
        if parts.scheme != "file":
            raise StepFailure(
                "champion-unreadable",
                f"Version {self.version} of {self.model} is stored at {self.uri}, "
                "which evaluate-model can't read",
                "It reads models from an s3://, gs:// or file:// store",
            )
        return Path(unquote(parts.path))


@cache
def _fetched(champion: Champion) -> Path:
    try:
        return fetched(champion.uri)
    except BadModel as error:
        raise StepFailure(
            "champion-unreadable",
            f"Version {champion.version} of {champion.model} can't be read: {error}",
            "See that its files are where the registry says",
        ) from None


def find_champion(reference: str) -> Champion | None:
    """The version behind MODEL@ALIAS; None, said on stderr, when there is none (yet)."""
    from exai_components.registry import named_in_file, registry_failures, registry_file

    model, _, alias = reference.partition("@")
    if not model or not alias:
        raise StepFailure(
            "bad-reference",
            f'champion is "{reference}", not MODEL@ALIAS',
            "Apply again with this version of exai; if it stays, report it",
        )
    file = registry_file()
    if file is not None and not file.exists():  # a new project: nothing to import MLflow for
        _say_none(reference)
        return None
    found = named_in_file(file, model, alias) if file is not None else None
    if found is None:
        with registry_failures():
            found = _named_by_mlflow(model, alias)
    if not found:
        _say_none(reference)
        return None
    ((number, tags),) = found.items()
    if "exai.uri" not in tags or "exai.digest" not in tags:
        raise StepFailure(
            "champion-unreadable",
            f"Version {number} of {model}, the {alias}, was not registered by exai",
            f"Move {model}@{alias} to a version that was",
        )
    return Champion(model, number, tags["exai.uri"], tags["exai.digest"])


def _named_by_mlflow(model: str, alias: str) -> dict[int, dict[str, str]]:
    """Likewise, asked of a registry that isn't a file, or whose tables aren't known."""
    from exai_components.registry import open_registry

    client = open_registry()
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_model_version_by_alias(model, alias)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return {}
    return {int(found.version): dict(found.tags or {})}


def _say_none(reference: str) -> None:
    where = os.environ.get("EXAI_ENVIRONMENT", "")
    place = f" in {where}" if where else ""
    print(f"exai: there is no {reference}{place} yet: nothing to compare with", file=sys.stderr)
