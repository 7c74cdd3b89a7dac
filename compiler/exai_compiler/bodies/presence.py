"""The arguments of a container that a step is left with: which of its inputs are there is known
before a run, but for those that an optional parameter gives.

In: a component's arguments, what a step gives. Out: arguments in the same form, without the
conditions and joints that can be settled here. KFP's backend settles few of them: none up to 2.16,
and 2.17 neither one in another nor one around an output (`resolveContainerArgs` in
backend/src/v2/driver/util.go of kubeflow/pipelines; kubeflow/pipelines#9486, #14175).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from exai_compiler.catalog import Component
from exai_compiler.graph import Binding, Constant, FromParameter, Graph
from exai_specs.frozen import Json

_OF_INPUT = ("inputValue", "inputPath", "inputUri", "inputMetadata")
_OF_OUTPUT = ("outputPath", "outputUri")


class Presence(NamedTuple):
    """Inputs that every run has, and those of which only a run knows; all others are left out."""

    given: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()


EVERYWHERE = Presence()


def presence(graph: Graph, component: Component, bindings: Mapping[str, Binding]) -> Presence:
    """What a step with these bindings has of the inputs that its arguments name."""
    names = named(component)
    if not names:
        return EVERYWHERE
    given: set[str] = set()
    left_open: set[str] = set()
    for name in names:
        binding = bindings.get(name)
        if binding is None or (isinstance(binding, Constant) and binding.value is None):
            if component.inputs[name].default is not None:
                given.add(name)
        elif isinstance(binding, FromParameter) and _may_be_nothing(graph, binding.name):
            left_open.add(name)
        else:
            given.add(name)
    return Presence(frozenset(given), frozenset(left_open))


def _may_be_nothing(graph: Graph, name: str) -> bool:
    declared = graph.parameters.get(name)
    return declared is not None and declared.optional and declared.default is None


@lru_cache(maxsize=1024)
def named(component: Component) -> frozenset[str]:
    """The inputs that its command and its arguments name, in a condition or outside of one."""
    found = set(held((*component.command, *component.args)))
    return frozenset(name for name in found if name in component.inputs)


def held(value: Json, conditions: bool = True) -> Iterator[str]:
    """The inputs that arguments hold, at any depth; with what their conditions ask for, too."""
    match value:
        case tuple():
            for each in value:
                yield from held(each, conditions)
        case Mapping():
            for word, inner in value.items():
                if word in _OF_INPUT:
                    yield str(inner[0] if isinstance(inner, tuple) else inner)
                elif word == "isPresent" and conditions:
                    yield str(inner)
                else:
                    yield from held(inner, conditions)


def chosen(arguments: tuple[Json, ...], there: Presence) -> tuple[Json, ...]:
    """What is left of arguments: branches that are known in place of their conditions, text in
    place of what is joined.
    """
    return tuple([each for argument in arguments for each in _chosen(argument, there)])


def _chosen(value: Json, there: Presence) -> Iterator[Json]:
    match value:
        case {"if": Mapping() as condition}:
            name = asked(condition)
            if name in there.open:
                yield {"if": {**condition, **_branches(condition, there)}}
            else:
                branch = condition.get("then" if name in there.given else "else", ())
                yield from chosen(branch if isinstance(branch, tuple) else (branch,), there)
        case {"concat": tuple(parts)} | {"text": tuple(parts)}:
            left = chosen(parts, there)
            yield {"concat" if any(map(_is_open, left)) else "text": left}
        case _:
            yield value


def _branches(condition: Mapping[str, Json], there: Presence) -> Mapping[str, Json]:
    found: dict[str, Json] = {}
    for branch in ("then", "else"):
        match condition.get(branch):
            case None:
                continue
            case tuple(items):
                found[branch] = chosen(items, there)
            case one:
                left = chosen((one,), there)
                found[branch] = left[0] if len(left) == 1 else left
    return found


def asked(condition: Mapping[str, Json]) -> str:
    """The input that a condition asks for."""
    cond = condition["cond"]
    return str(cond["isPresent"]) if isinstance(cond, Mapping) else ""


def _is_open(value: Json) -> bool:
    return isinstance(value, Mapping) and bool({"if", "concat"} & value.keys())


def bare(value: Json, there: Presence) -> Iterator[str]:
    """The inputs that may be nothing, and that arguments hold where no condition asks for them."""
    match value:
        case {"if": Mapping() as condition}:
            yield from bare(condition.get("else"), there)
            asked_for = there.open - {asked(condition)}
            yield from bare(condition.get("then"), there._replace(open=asked_for))
        case tuple(parts) | {"concat": tuple(parts)} | {"text": tuple(parts)}:
            for each in parts:
                yield from bare(each, there)
        case Mapping():
            yield from (name for name in held(value, False) if name in there.open)


def unsettled(arguments: tuple[Json, ...]) -> Iterator[tuple[str, bool]]:
    """The inputs that conditions are left with, and whether KFP can settle each: it stands alone,
    and holds nothing but text and inputs.
    """
    for argument in arguments:
        match argument:
            case {"if": Mapping() as condition}:
                inside = tuple([condition[b] for b in ("then", "else") if b in condition])
                deeper = set(_conditions(inside))
                yield asked(condition), not deeper and not _holds_output(inside)
                yield from ((name, False) for name in sorted(deeper))
            case _:
                yield from ((name, False) for name in sorted(set(_conditions(argument))))


def _conditions(value: Json) -> Iterator[str]:
    match value:
        case {"if": Mapping() as condition}:
            yield asked(condition)
            yield from _conditions(tuple(condition.values()))
        case Mapping():
            yield from _conditions(tuple(value.values()))
        case tuple():
            for each in value:
                yield from _conditions(each)


def _holds_output(value: Json) -> bool:
    match value:
        case Mapping():
            return any(w in _OF_OUTPUT or _holds_output(inner) for w, inner in value.items())
        case tuple():
            return any(map(_holds_output, value))
    return False
