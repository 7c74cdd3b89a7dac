"""Where a part of a patched object comes from.

In: a patch and a path. Out: the path in the patch that says so, and which values a patch states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.crds import KINDS, Node, crd
from exai_compiler.maybe import Tree
from exai_compiler.patches.merge import key_of, list_keys
from exai_specs.frozen import Json

Path = tuple[str | int, ...]


def in_patch(kind: str, result: Mapping[str, Tree], patch: Mapping[str, Json], path: Path) -> Path:
    """The deepest part of the patch on the way to `path` of the result."""
    schema = crd(kind) if kind in KINDS else None
    node: Node | None = schema.nodes[schema.root] if schema is not None else None
    found: list[str | int] = []
    there: Tree = result
    said: Json = patch
    name: str | int = ""
    for part in path:
        if isinstance(part, str):
            if not isinstance(said, Mapping) or part not in said:
                break
            said = said[part]
            there = there.get(part) if isinstance(there, Mapping) else None
            found.append(part)
        else:
            if not isinstance(said, tuple) or not isinstance(there, tuple) or part >= len(there):
                break
            keys = list_keys(node, name)
            index = part
            if keys:
                wanted = key_of(schema, node, keys, there[part])
                same = (key_of(schema, node, keys, item) == wanted for item in said)
                index = next((at for at, equal in enumerate(same) if equal), -1)
            if not 0 <= index < len(said):
                break
            said, there = said[index], there[part]
            found.append(index)
        name = part
        node = schema.child(node, part) if schema is not None and node is not None else None
    return tuple(found)


def leaves(
    kind: str, base: Mapping[str, Tree], patch: Mapping[str, Json]
) -> Iterator[tuple[Path, Path, Tree, Json]]:
    """What a patch changes of what is there: the path in the patch, the path in the object, what
    stood there, what is said. Parts that the object doesn't have are left out.
    """
    schema = crd(kind) if kind in KINDS else None
    root = schema.nodes[schema.root] if schema is not None else None
    yield from _leaves(kind, root, base, patch, (), (), "")


def _leaves(
    kind: str, node: Node | None, base: Tree, said: Json, path: Path, here: Path, name: str
) -> Iterator[tuple[Path, Path, Tree, Json]]:
    schema = crd(kind) if kind in KINDS else None
    if isinstance(said, Mapping) and isinstance(base, Mapping):
        for key, value in said.items():
            if key in base:
                child = schema.child(node, key) if schema and node else None
                yield from _leaves(kind, child, base[key], value, (*path, key), (*here, key), key)
        return
    keys = list_keys(node, name)
    if isinstance(said, tuple) and isinstance(base, tuple) and keys:
        each = schema.nodes[node.each] if schema and node and node.each is not None else None
        places = {key_of(schema, node, keys, item): at for at, item in enumerate(base)}
        for index, item in enumerate(said):
            at = places.get(key_of(schema, node, keys, item))
            if at is not None:
                yield from _leaves(kind, each, base[at], item, (*path, index), (*here, at), "")
        return
    yield path, here, base, said
