"""What the API server would refuse or drop in an object: unknown fields, wrong types, what is
missing.

In: a kind's schema, an object. Out: problems by path, in order. Leaves that are still Unknown pass.
CEL rules are `rules`' matter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from exai_compiler.crds.patterns import python_pattern
from exai_compiler.crds.table import Crd, Node
from exai_compiler.maybe import Tree, Unknown
from exai_specs.nearest import did_you_mean, nearest
from exai_specs.values import frozen, replace

Path = tuple[str | int, ...]

# What the API server itself knows of every object's metadata, as far as exai writes it.
METADATA = {"annotations": True, "labels": True, "name": False, "namespace": False}
_READ = 4096  # characters; no text with a form is so long
_SLIP = 0.8  # the share of letters that a slip leaves alike
RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "int-or-string": "a whole number or text",
    "integer": "a whole number",
    "number": "a number",
    "number-or-string": "a number or text",
    "object": "a mapping",
    "string": "text",
}


@frozen
class CrdProblem:
    """`on_key`: the field's name is at fault, not its value. `newer`: perhaps it isn't, for a
    Kubernetes that is newer than the table may have the field. `beside_rules`: the API server asks
    the object's rules nevertheless; it asks none beside a wrong type, a value that isn't among the
    known ones, something that is required or too long (`hasBlockingErr` in
    apiextensions-apiserver, pkg/registry/customresource/strategy.go).
    """

    path: Path
    message: str
    hint: str = ""
    on_key: bool = False
    newer: bool = False
    beside_rules: bool = False


def problems(schema: Crd, body: Mapping[str, Tree]) -> Iterator[CrdProblem]:
    """Everything that is wrong with a whole object."""
    root = schema.nodes[schema.root]
    known = {*(root.fields or {}), "apiVersion", "kind", "metadata"}
    for name, value in body.items():
        if name in ("apiVersion", "kind"):
            continue
        if name == "metadata":
            yield from _metadata(value)
        elif name == "status" or (name not in known and not root.open):
            yield _unknown(schema, (name,), known, root.required)
        elif (child := schema.child(root, name)) is not None:
            yield from _value(schema, child, value, (name,))
    yield from _missing(schema, root, body, ())


def part_problems(schema: Crd, at: Path, value: Tree) -> Iterator[CrdProblem]:
    """What is wrong with a value that stands at a path; the problems' paths start there."""
    node = schema.at(at)
    if node is not None:
        yield from _value(schema, node, value, ())


def _metadata(value: Tree) -> Iterator[CrdProblem]:
    for name, item in value.items() if isinstance(value, Mapping) else ():
        path: Path = ("metadata", name)
        if name not in METADATA:
            yield _no_field(path, METADATA)
        elif METADATA[name] and isinstance(item, Mapping):
            for key, text in item.items():
                if not isinstance(text, str | Unknown):
                    yield CrdProblem((*path, key), "must be text", "put it in quotes")
        elif METADATA[name]:
            yield CrdProblem(path, "must be a mapping")


def _value(schema: Crd, node: Node, value: Tree, path: Path) -> Iterator[CrdProblem]:
    if isinstance(value, Unknown):
        return
    if value is None:
        if not node.nullable:
            yield CrdProblem(path, "must have a value", "give it a value, or remove it")
        return
    if not _is(node.type, value):
        quotes = node.type == "string" and isinstance(value, bool | int | float)
        yield CrdProblem(path, f"must be {_WORDS[node.type]}", "put it in quotes" if quotes else "")
        return
    if isinstance(value, Mapping):
        yield from _mapping(schema, node, value, path)
    elif isinstance(value, tuple):
        yield from _list(schema, node, value, path)
    else:
        yield from _scalar(node, value, path)


def _is(type_: str, value: Tree) -> bool:
    match type_:
        case "object":
            return isinstance(value, Mapping)
        case "array":
            return isinstance(value, tuple)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "int-or-string":
            return isinstance(value, int | str) and not isinstance(value, bool)
        case "number-or-string":
            return isinstance(value, int | float | str) and not isinstance(value, bool)
        case _:
            return True


def _mapping(
    schema: Crd, node: Node, value: Mapping[str, Tree], path: Path
) -> Iterator[CrdProblem]:
    for name, item in value.items():
        child = schema.child(node, name)
        if child is not None:
            yield from _value(schema, child, item, (*path, name))
        elif not node.open:
            yield _unknown(schema, (*path, name), node.fields or {}, node.required)
    yield from _missing(schema, node, value, path)
    yield from _length(node, len(value), path, "entries")


def _list(schema: Crd, node: Node, value: tuple[Tree, ...], path: Path) -> Iterator[CrdProblem]:
    child = schema.nodes[node.each] if node.each is not None else None
    seen: set[tuple[object, ...]] = set()
    for index, item in enumerate(value):
        if child is not None:
            yield from _value(schema, child, item, (*path, index))
        if node.keys and isinstance(item, Mapping):
            key = tuple(_key(schema, child, item, name) for name in node.keys)
            if key in seen:
                same = f"has the same {', '.join(node.keys)} as another"
                yield CrdProblem((*path, index), same, beside_rules=True)
            seen.add(key)
    yield from _length(node, len(value), path, "items")


def _key(schema: Crd, child: Node | None, item: Mapping[str, Tree], name: str) -> object:
    if name in item or child is None:
        return str(item.get(name))
    field = schema.child(child, name)
    return str(field.default if field is not None else None)


def _scalar(node: Node, value: bool | int | float | str, path: Path) -> Iterator[CrdProblem]:
    if node.enum and value not in node.enum:
        choices = ", ".join(str(each) for each in node.enum)
        hint = did_you_mean(str(value), [str(each) for each in node.enum])
        yield CrdProblem(path, f"must be one of {choices}", hint)
    if isinstance(value, str):
        if node.pattern and not too_long(node, value) and not _has_form(node.pattern, value):
            yield CrdProblem(path, f"doesn't have the form {node.pattern}", beside_rules=True)
        yield from _length(node, len(value), path, "characters")
        return
    if isinstance(value, bool):
        return
    least, most = RANGES.get(node.format, (None, None))
    stated = ((node.least, False, True), (node.most, True, True))
    for limit, over, beside in (*stated, (least, False, False), (most, True, False)):
        if limit is not None and (value > limit if over else value < limit):
            words = f"must be at {'most' if over else 'least'} {limit:g}"
            yield CrdProblem(path, words, beside_rules=beside)


def _length(node: Node, length: int, path: Path, what: str) -> Iterator[CrdProblem]:
    if node.shortest is not None and length < node.shortest:
        words = f"must have at least {node.shortest} {what}"
        yield CrdProblem(path, words, beside_rules=True)
    if node.longest is not None and length > node.longest:
        yield CrdProblem(path, f"must have at most {node.longest} {what}")


def too_long(node: Node, value: Tree) -> bool:
    """Whether it is longer than the schema lets it be."""
    most = node.longest
    return most is not None and isinstance(value, str | tuple | Mapping) and len(value) > most


def _has_form(pattern: str, text: str) -> bool:
    """Python looks back where Go doesn't: nobody waits for what it says of a very long text."""
    return len(text) > _READ or re.search(python_pattern(pattern), text) is not None


def _missing(
    schema: Crd, node: Node, value: Mapping[str, Tree], path: Path
) -> Iterator[CrdProblem]:
    for name in node.required:
        if name not in value and not _misspelt(schema, node, value, name):
            yield CrdProblem(path, f"has no {name}", f"add {name}")


def _misspelt(schema: Crd, node: Node, value: Mapping[str, Tree], name: str) -> bool:
    """Whether it is there by another name, which is told at its place."""
    known = node.fields or {}
    return not node.open and any(
        nearest(key, known) == name and not _unknown(schema, (key,), known).newer
        for key in value
        if key not in known
    )


def _unknown(
    schema: Crd,
    path: Path,
    known: Mapping[str, object] | set[str],
    required: Collection[str] = (),
) -> CrdProblem:
    """A CRD is what the cluster has. Kubernetes' own kinds gain fields with every version of it, so
    there only a name that is nearly one of the known ones is wrong for sure. One that is meant for
    what is required stands for what is missing, too."""
    name = str(path[-1])
    beside = nearest(name, known) not in required
    if not schema.kubernetes or path == ("status",) or mistyped(name, known):
        return replace(_no_field(path, known), beside_rules=beside)
    message = f"Kubernetes {schema.kubernetes} has no field {name}"
    hint = "if your cluster's is newer and has it, put `# exai: allow newer-field -- WHY` above it"
    return CrdProblem(path, message, hint, on_key=True, newer=True, beside_rules=beside)


def mistyped(name: str, known: Iterable[str]) -> bool:
    """Whether it is a slip of a known name. A known name with one more word (`restartPolicyRules`)
    isn't: that is how new fields are called."""
    meant = nearest(name, known, _SLIP)
    return meant is not None and not (
        name.startswith(meant) and name[len(meant) : len(meant) + 1].isupper()
    )


def _no_field(path: Path, known: Iterable[str]) -> CrdProblem:
    hint = did_you_mean(str(path[-1]), sorted(known))
    return CrdProblem(path, f"there is no field {path[-1]}", hint, on_key=True)
