"""What can be asked of the feature store's process. In: a request, JSON. Out: an answer, JSON.

A request names its `action`; an answer is `{"result": ...}`, or `{"error": {code, message, hint,
rows}}` for what a person can mend. Never holds a secret: those come by the environment.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exai_components.feature_store.problems import explained
from exai_components.outcome import StepFailure
from exai_components.secrets_in_env import redact, secret

Request = Mapping[str, Any]


def answer(request: Request) -> dict[str, Any]:
    """Do what is asked. What isn't a person's to mend is raised."""
    try:
        with explained():
            return {"result": _ACTIONS[request["action"]](request)}
    except StepFailure as failure:
        told = failure.outcome
        rows = [dict(row) for row in told.rows]
        said = {"code": told.code, "message": told.message, "hint": told.hint, "rows": rows}
        return {"error": said}


def _snapshot(request: Request) -> dict[str, Any]:
    from exai_components.feature_store.snapshot import take_snapshot

    pushed = _path(request.get("pushed"))
    return take_snapshot(
        dict(request["dataset"]), Path(request["folder"]), str(request["version"]), pushed
    )


def _newest(request: Request) -> dict[str, Any]:
    from exai_components.feature_store.rows import stored_view
    from exai_components.feature_store.snapshot import take_newest

    view = stored_view(_store(request), str(request["view"]))
    return take_newest(view, dict(request["dataset"]), Path(request["folder"]))


def _apply(request: Request) -> dict[str, Any]:
    from exai_components.feature_store.repository import apply_repository

    return apply_repository(Path(request["repository"]))


def _materialize(request: Request) -> dict[str, Any]:
    from exai_components.feature_store.materialize import materialize

    return materialize(
        _store(request),
        str(request["view"]),
        _path(request.get("before")),
        rows=_path(request.get("rows")),
        begun=tuple(map(Path, request.get("begun") or ())),
        pushed=_path(request.get("pushed")),
        changed=bool(request.get("changed")),
        everything=bool(request.get("everything")),
    )


def _get(request: Request) -> dict[str, Any]:
    from exai_components.feature_store.look_up import look_up

    return look_up(_store(request), str(request["name"]), request["entities"], _now(request))


def _push(request: Request) -> dict[str, Any]:
    from exai_components.feature_store.push import push

    said = request.get("newest")
    newest = datetime.fromisoformat(said) if said else None
    return push(
        _store(request),
        str(request["view"]),
        Path(request["file"]),
        request["kinds"],
        _path(request.get("offline")),
        now=max(_now(request), newest or datetime.min.replace(tzinfo=UTC)),
        data=_path(request.get("data")),
    )


def _now(request: Request) -> datetime:
    said = request.get("now")
    return datetime.fromisoformat(said) if said else datetime.now(UTC)


def _store(request: Request) -> Any:
    from exai_components.feature_store.repository import open_store

    return open_store(Path(request["repository"]))


def _path(value: Any) -> Path | None:
    return Path(value) if value else None


def redacted(value: Any) -> Any:
    """`value` without what this process was told to keep for itself (EXAI_REDACT)."""
    names = os.environ.get("EXAI_REDACT", "").split(",")
    secrets = tuple(kept for name in names if (kept := secret(name)))
    return _without(value, secrets) if secrets else value


def _without(value: Any, secrets: tuple[str, ...]) -> Any:
    match value:
        case str():
            return redact(value, secrets)
        case dict():
            return {key: _without(item, secrets) for key, item in value.items()}
        case list():
            return [_without(item, secrets) for item in value]
    return value


_ACTIONS: Mapping[str, Callable[[Request], dict[str, Any]]] = {
    "snapshot": _snapshot,
    "newest": _newest,
    "apply": _apply,
    "materialize": _materialize,
    "get": _get,
    "push": _push,
}
