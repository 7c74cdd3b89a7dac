"""A build as a file, to compare a later revision or a later exai with.

In: a compiled revision with the texts that it was made of. Out: JSON, and back. It holds no secret
and nothing of a target.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from exai_compiler.build import Rendered
from exai_compiler.changes import ObjectId
from exai_compiler.facts import RunFact
from exai_compiler.maybe import Tree, Unknown
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.values import fields, frozen

FORMAT = "exai.dev/build/v1"
_OPEN = "$unknown"  # no object has such a key: Kubernetes, KFP and Feast take none with a dollar


@frozen
class SavedBuild:
    """`exai` is the version that made it, `sources` the specs and Python files by their paths."""

    exai: str
    environment: str
    sources: Mapping[str, str]
    objects: tuple[Rendered, ...]
    runs: tuple[RunFact, ...]


def text_of(build: SavedBuild) -> str:
    """The same build gives the same bytes."""
    value = {
        "version": FORMAT,
        "exai": build.exai,
        "environment": build.environment,
        "sources": dict(build.sources),
        "objects": [
            {
                "object": {key.name: getattr(each.id, key.name) for key in fields(ObjectId)},
                "origin": str(each.origin),
                "wave": each.wave,
                "effect": each.effect.name.lower(),
                "body": _plain(each.body),
            }
            for each in build.objects
        ],
        "runs": [
            {"pipeline": run.pipeline, "key": run.key, "spec": run.spec_key}
            | {"data": dict(run.data), "generation": run.generation}
            for run in build.runs
        ],
    }
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def parsed(text: str) -> SavedBuild:
    """Raises ValueError."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON: {error}") from None
    if not isinstance(value, dict) or value.get("version") != FORMAT:
        raise ValueError(f"it is no {FORMAT}")
    try:
        return SavedBuild(
            exai=_text(value["exai"]),
            environment=_text(value["environment"]),
            sources={_text(path): _text(held) for path, held in value["sources"].items()},
            objects=tuple(_object(each) for each in value["objects"]),
            runs=tuple(_run(each) for each in value["runs"]),
        )
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise ValueError(f"it isn't as {FORMAT} has to be") from None


def _object(value: dict[str, Any]) -> Rendered:
    which = value["object"]
    return Rendered(
        id=ObjectId(_text(which["api"]), _text(which["kind"]), _text(which["name"])),
        origin=_ref(value["origin"]),
        body=_tree(value["body"]),
        wave=int(value["wave"]),
        effect=Effect[_text(value["effect"]).upper()],
    )


def _run(value: dict[str, Any]) -> RunFact:
    return RunFact(
        key=_text(value["key"]),
        pipeline=_text(value["pipeline"]),
        spec_key=_text(value["spec"]),
        data={_text(name): _text(version) for name, version in value["data"].items()},
        state="succeeded",
        generation=int(value["generation"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _ref(text: object) -> Ref:
    kind, _, name = _text(text).partition("/")
    return Ref(kind, name)


def _plain(tree: Tree) -> Any:
    if isinstance(tree, Unknown):
        return {_OPEN: {"waitsFor": str(tree.waits_for), "reason": tree.reason}}
    if isinstance(tree, Mapping):
        return {key: _plain(item) for key, item in tree.items()}
    return [_plain(item) for item in tree] if isinstance(tree, tuple) else tree


def _tree(value: Any) -> Tree:
    if isinstance(value, dict):
        if set(value) == {_OPEN}:
            return Unknown(_ref(value[_OPEN]["waitsFor"]), _text(value[_OPEN]["reason"]))
        return MappingProxyType({key: _tree(item) for key, item in value.items()})
    return tuple(_tree(item) for item in value) if isinstance(value, list) else value
