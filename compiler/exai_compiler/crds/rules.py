"""What the rules of a CRD refuse (`x-kubernetes-validations`, in CEL): fields that can't stand
together, values that don't fit each other.

In: a kind's schema, an object. Out: the rules that it breaks, by path, in order. As the API server
does it, defaults are filled in first, and a field that isn't there is judged by no rule. Rules that
compare with what was there before aren't among them. What can't be told is no problem, and of what
is longer than it may be nothing else is: some rules hold each item of a list beside all others. A
rule that ends in an error (a field that isn't there) refuses the object, too: told of an object
of which the API server asks the rules (`CrdProblem.beside_rules`), where no field is misspelt in
what the rule judges, and once a place: several rules may miss the same field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exai_compiler.crds.cel import holds
from exai_compiler.crds.cel_errors import CelError, CelFault
from exai_compiler.crds.problems import CrdProblem, Path, problems, too_long
from exai_compiler.crds.table import Crd, Node
from exai_compiler.maybe import Tree, Unknown
from exai_specs.frozen import freeze


def broken_rules(schema: Crd, body: Mapping[str, Tree]) -> Iterator[CrdProblem]:
    """Outer fields before what is in them, and last the rules that end in an error."""
    if not any(node.rules for node in schema.nodes):
        return
    root = schema.nodes[schema.root]
    told: set[Path] = set()
    ended: dict[tuple[Path, str], CrdProblem] = {}
    for found, fault in _broken(schema, root, _filled(schema, root, body), ()):
        if fault:
            ended.setdefault((found.path, fault), found)
        else:
            told.add(found.path)
            yield found
    if not ended:
        return
    misspelt: list[Path] = []
    for problem in problems(schema, body):
        if not problem.beside_rules:
            return
        misspelt += [problem.path] if problem.on_key else []
    for (path, _), found in ended.items():
        around = any(path[:length] in told for length in range(len(path) + 1))
        if not around and not any(each[: len(path)] == path for each in misspelt):
            yield found


def _broken(schema: Crd, node: Node, value: Tree, path: Path) -> Iterator[tuple[CrdProblem, str]]:
    """Each with the error that its rule ends in; "" where it has an answer."""
    if value is None or isinstance(value, Unknown):
        return
    for rule, message in () if too_long(node, value) else node.rules:
        try:
            if not holds(rule, value):
                yield CrdProblem(path, f"breaks a rule of its CRD: {message or rule}"), ""
        except CelFault as fault:
            why = f"breaks a rule of its CRD, which ends in `{fault}`: {message or rule}"
            yield CrdProblem(path, why), str(fault)
        except CelError:
            continue
    parts = value.items() if isinstance(value, Mapping) else enumerate(_items(value))
    for part, item in parts:
        child = schema.child(node, part)
        if child is not None:
            yield from _broken(schema, child, item, (*path, part))


def _filled(schema: Crd, node: Node, value: Tree) -> Tree:
    """With the defaults of what isn't there, in what is there; numbers that are counted with
    fractions are such, however they are written."""
    if node.type == "number" and isinstance(value, int) and not isinstance(value, bool):
        return _fraction(value)
    if isinstance(value, tuple):
        child = schema.nodes[node.each] if node.each is not None else None
        return value if child is None else tuple(_filled(schema, child, item) for item in value)
    if not isinstance(value, Mapping):
        return value
    found = {
        name: value if child is None else _filled(schema, child, value)
        for name, value in value.items()
        for child in (schema.child(node, name),)
    }
    for name, number in (node.fields or {}).items():
        child = schema.nodes[number]
        if name not in found and child.default is not None:
            found[name] = _filled(schema, child, freeze(child.default))
    return found


def _fraction(value: int) -> int | float:
    try:
        return float(value)
    except OverflowError:  # of thousands of digits
        return value


def _items(value: Tree) -> tuple[Tree, ...]:
    return value if isinstance(value, tuple) else ()
