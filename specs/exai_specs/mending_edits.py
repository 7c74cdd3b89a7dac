"""What would mend a value that its schema refuses, as its hint says it.

In: pydantic's errors and what they are of. Out: a path each, with the key or the value that was
meant, or neither, where the value has to be left out. Never: changing anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from exai_specs.core import ValidationError
from exai_specs.documents import Document, Path
from exai_specs.fields import Problem
from exai_specs.foreign_words import said_here
from exai_specs.frozen import Json
from exai_specs.kinds import Kind
from exai_specs.misplaced_fields import elsewhere, renaming
from exai_specs.nearest import nearest
from exai_specs.reading import read
from exai_specs.regexes import regex
from exai_specs.shape import Shape, shape_of
from exai_specs.translate import SWITCHES
from exai_specs.values import frozen
from exai_specs.written_paths import written_path

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_MEANT = regex(r'did you mean "([^"]+)"')
_ONE_OF = regex(r"^must have exactly one of (\w+(?:, \w+)*)$")
_NUMBER = regex(r"-?\d{1,15}(\.\d{1,15})?")


@frozen
class Edit:
    """What mends a value: another key, another value, or that it is left out. `of` is the path of
    the mapping that it is in, where it is wrong beside the others there."""

    path: Path
    key: str = ""
    value: Json = None
    of: Path = ()


def edits_of(error: ValidationError, shape: Shape, document: Document, key: str) -> Iterator[Edit]:
    """An edit for each error; what lacks a field is left out, but where a key was meant as that.
    `key` is where in the document the value stands that was read."""
    lacking: list[Path] = []
    named: set[Path] = set()
    errors = error.errors(include_url=False)
    above = {each["loc"][:length] for each in errors for length in range(len(each["loc"]))}
    for each in errors:
        location: Path = each["loc"]
        path = written_path(location, shape, document, (key,))
        if each["type"] == "missing":
            lacking.append(path)
        elif each["type"] == "too_short" and location in above:
            continue  # for its items are wrong: it has some once they are mended
        elif each["type"] == "unexpected_keyword_argument":
            meant = _field(f"{path[-1]}", shape.at(location[:-1]), path)
            yield _renamed(path, meant, document, named)
        elif each["type"] == "exai":
            for problem in each["ctx"]["problems"]:
                at = (*(path[:-1] if problem.on == "name" else path), *problem.path)
                said = _MEANT.match(problem.said)
                if others := _others(problem, at, document):
                    yield from others
                elif said is None or problem.on == "value":
                    value = said[1] if said and problem.on == "value" else None
                    yield Edit(at, value=value, of=path if problem.path else ())
                else:
                    yield _renamed(at, said[1], document, named)
        else:
            yield Edit(path, value=_value(each, shape.at(location), path, document))
    for path in lacking:
        if path not in named:
            yield Edit(path[:-1])


def wrong_words(document: Document, kind: Kind) -> Iterator[Path]:
    """The paths of what is wrong by itself, whatever stands beside it: of words and numbers that
    their own fields refuse."""
    shape = shape_of(kind.spec)
    try:
        read(kind.spec, document.thawed["spec"])
    except ValidationError as error:
        for each in error.errors(include_url=False):
            alone = each["type"] != "exai" or not any(e.path for e in each["ctx"]["problems"])
            if alone and isinstance(each["input"], str | int | float):
                yield written_path(each["loc"], shape, document, ("spec",))


def _others(problem: Problem, path: Path, document: Document) -> tuple[Edit, ...]:
    """Of several that stand where there must be one of them, all but the first."""
    listed = _ONE_OF.search(problem.message) if problem.code == "exactly-one-of" else None
    names = listed[1].split(", ") if listed is not None else ()
    there = [name for name in names if name in document.keys(path)]
    return tuple([Edit((*path, name)) for name in there[1:]])


def _renamed(path: Path, meant: str, document: Document, named: set[Path]) -> Edit:
    """With the key that was meant, unless there is one already."""
    there = (*path[:-1], meant)
    if not meant or meant in document.keys(path[:-1]) or there in named:
        return Edit(path)
    named.add(there)
    return Edit(path, key=meant)


def _value(error: ErrorDetails, shape: Shape, path: Path, document: Document) -> Json:
    """What a hint says to write; None where it says nothing of the kind."""
    given = error["input"]
    match error["type"]:
        case "literal_error" if isinstance(given, str):
            return nearest(given, shape.choices)
        case "string_type" if isinstance(given, bool | int | float):
            return document.written(path) or None
        case "string_type" if isinstance(given, list | tuple) and len(given) == 1:
            return given[0] if isinstance(given[0], str) else None
        case "bool_type" if isinstance(given, str):
            switch = SWITCHES.get(given.lower())
            return None if switch is None else switch == "true"
        case "int_type" | "float_type" if isinstance(given, str) and _NUMBER.fullmatch(given):
            return int(given) if given.isdigit() else float(given)
        case _:
            return None


def _field(name: str, shape: Shape, path: Path) -> str:
    """The field that a hint takes a key for."""
    known = tuple(shape.fields)
    if hint := elsewhere(name, known, path) or said_here(name, known):
        meant = renaming(hint)
        return meant if meant in known else ""
    return nearest(name, known) or ""
