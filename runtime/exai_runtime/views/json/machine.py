"""Rendered files, pins and a check-up of the machine as plain JSON."""

from __future__ import annotations

from exai_runtime.lock_results import Locked
from exai_runtime.results import Checkup, RenderedFiles
from exai_runtime.views.json import values
from exai_runtime.views.json.values import Plain


def rendered(found: RenderedFiles) -> Plain:
    """`files` with a folder, `objects` without one."""
    return {
        "environment": found.environment,
        "directory": None if found.directory is None else str(found.directory),
        "files": [
            {
                "path": file.path,
                "origin": str(file.origin),
                "object": None if file.object is None else values.object_id(file.object),
                "state": file.state,
            }
            for file in found.files
        ],
        "removed": list(found.removed),
        "objects": [dict(one) for one in found.objects],
        "leftOut": [
            {"object": values.object_id(one.id), "origin": str(one.origin)}
            | values.unknown(one.waits)
            | {"hint": one.hint or None}
            for one in found.left_out
        ],
        "expects": [
            {
                "kind": one.kind,
                "name": one.name,
                "namespace": one.namespace or None,
                "keys": list(one.keys),
            }
            for one in found.expects
        ],
    }


def locked(found: Locked) -> Plain:
    """The pins that moved, and the names of those that stay."""
    return {
        "environment": found.environment,
        "moves": [
            {
                "reference": move.reference,
                "before": move.before,
                "version": move.version,
                "uri": move.uri,
            }
            for move in found.moves
        ],
        "images": [
            {"image": one.image, "before": one.before, "digest": one.digest} for one in found.images
        ],
        "kept": list(found.kept),
    }


def checkup(found: Checkup) -> Plain:
    """Every finding, in the order of the checks."""
    return {
        "findings": [
            {
                "check": one.check,
                "state": one.state,
                "detail": one.detail,
                "hint": one.hint or None,
            }
            for one in found.findings
        ]
    }
