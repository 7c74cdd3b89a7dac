"""pydantic's errors as diagnostics: exai's words, the document's places.

In: a ValidationError and what was validated. Out: diagnostics. Never: pydantic's own messages, nor
text that stood in the document, for it may be a secret in the wrong place; numbers and booleans
only where text is wanted, text that is a number only where one is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from exai_specs.diagnostics import MAX_IN_FILE, Diagnostic
from exai_specs.documents import Document
from exai_specs.example_hints import A_MAPPING, plainly, with_example
from exai_specs.fields import Problem
from exai_specs.foreign_words import said_here
from exai_specs.known_secrets import MARK
from exai_specs.misplaced_fields import elsewhere
from exai_specs.nearest import did_you_mean, nearest
from exai_specs.regexes import regex
from exai_specs.shape import Shape
from exai_specs.types import Path, called
from exai_specs.values import replace
from exai_specs.written_paths import dotted, shown_key, value_at, written_path

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails, ValidationError

# pydantic's error type -> what is wanted, and what to write when the value is nothing like it.
_WANTED = {
    "string_type": ("text", ""),
    "int_type": ("a whole number", ""),
    "int_from_float": ("a whole number", ""),
    "float_type": ("a number", ""),
    "bool_type": ("true or false", ""),
    "dict_type": ("a mapping", "write `name: value` lines below the key"),
    "dataclass_type": ("a mapping", A_MAPPING),
    "tuple_type": ("a list", "write [...], or `- ` lines below the key"),
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}
# Fields that people write without the mapping that they are.
_SHORT = {"forEach": "write `forEach: {in: [...]}`", "retry": "write `retry: {max: 3}`"}
_WORD = regex(r"\w+")
_GROUPED = regex(r"[+-]?[0-9]{1,9}(_[0-9]{1,9}){1,6}(\.[0-9]{1,9})?")
_COMMA = regex(r"[+-]?[0-9]{1,9},[0-9]{1,9}")
_UNSPACED = regex(r"[A-Za-z_][\w.-]*:[^\s/:]")
SWITCHES = {
    **dict.fromkeys(("yes", "on", "y", "true"), "true"),
    **dict.fromkeys(("no", "off", "n", "false"), "false"),
}


def translate(
    error: ValidationError, shape: Shape, document: Document, root: Path
) -> Iterator[Diagnostic]:
    """Every problem; `root` is where in the document the validated value stands. What is wrong with
    a value that an anchor brings to several places is told once."""
    told: set[tuple[object, ...]] = set()
    errors = error.errors(include_url=False)
    for found, what in _translated(errors[:MAX_IN_FILE], shape, document, root):
        about = (found.code, found.at, found.hint, what)
        if about not in told:
            told.add(about)
            yield found


def _translated(
    errors: list[ErrorDetails], shape: Shape, document: Document, root: Path
) -> Iterator[tuple[Diagnostic, tuple[object, ...]]]:
    """Each, and what it says, whatever the path to its place."""
    meant = frozenset(_misspelt(errors, shape))
    for each in errors:
        location: Path = each["loc"]
        if each["type"] == "missing" and location in meant:
            continue
        if each["type"] == "too_short" and any(_below(other["loc"], location) for other in errors):
            continue  # what is wrong with its items is told
        if each["type"] == "exai":
            for problem in each["ctx"]["problems"]:
                said = _said(problem, written_path(location, shape, document, root), document)
                what = (problem.message, *problem.path)
                yield with_example(said, shape, (*location, *problem.path)), what
        else:
            said = _said_by_pydantic(each, shape, document, root)
            said = with_example(said, shape, location, each["input"])
            yield said, (each["type"], *location[-1:])


def _below(path: Path, outer: Path) -> bool:
    return len(path) > len(outer) and path[: len(outer)] == outer


def _misspelt(errors: list[ErrorDetails], shape: Shape) -> Iterator[Path]:
    """The fields that keys nobody declares were meant as: those aren't missing, too."""
    for each in errors:
        if each["type"] == "unexpected_keyword_argument":
            *above, name = each["loc"]
            meant = nearest(f"{name}", shape.at(tuple(above)).fields)
            if meant is not None:
                yield (*above, meant)


def _said_by_pydantic(
    error: ErrorDetails, shape: Shape, document: Document, root: Path
) -> Diagnostic:
    location: Path = error["loc"]
    path = written_path(location, shape, document, root)
    kind, given = error["type"], error["input"]
    match kind:
        case "unexpected_keyword_argument":
            return unknown_field(document, path, shape.at(location[:-1]).fields)
        case "missing":
            return missing_field(document, path, shape.at(location))
        case "too_short":
            return _at_value("invalid-value", document, path, "must not be empty")
        case "literal_error":
            return _choice(document, path, shape.at(location).choices, given)
        case _ if kind in _WANTED:
            return _wrong_type(document, path, kind, given)
        case _ if kind in _BOUNDS:
            words, key = _BOUNDS[kind]
            wrong = f"must be {words} {error['ctx'][key]:g}"
            return _at_value("invalid-value", document, path, wrong)
        case _:
            return _at_value("invalid-value", document, path, "can't have this value")


def unknown_field(document: Document, path: Path, known: Any) -> Diagnostic:
    """A key that nothing declares."""
    name = f"{path[-1]}"
    where = f" in {dotted(path[:-1])}" if len(path) > 1 else ""
    alone = {"secret", "key"} <= set(known) and value_at(document, path) is None
    # In braces of a reference it may be the secret itself.
    shown = MARK if alone and nearest(name, known) is None else shown_key(name)
    message = f"there is no field {shown}{where}"
    hint = elsewhere(name, known, path) or said_here(name, known)
    if {"uses", "forEach"} <= set(known):  # of one step: what stands in its place
        known = {*known, "choose"}
        hint = "" if nearest(name, known) == "choose" else hint
    hint = hint or did_you_mean(name, known)
    return Diagnostic("unknown-field", message, document.key_at(path), hint=hint)


def missing_field(document: Document, path: Path, shape: Shape | None = None) -> Diagnostic:
    """A field that must be there; its place is its parent's key."""
    name = path[-1]
    where = dotted(path[:-1]) if len(path) > 1 else "the document"
    hint = f"add {name}"
    if shape and shape.description:
        hint += f" ({shape.description[0].lower()}{shape.description[1:]})"
    if shape and shape.examples:
        hint += f", for example {plainly(shape.examples[0])}"
    at = document.gap_at(path)
    return Diagnostic("missing-field", f"{where} has no {name}", at, hint=hint)


def _said(problem: Problem, path: Path, document: Document) -> Diagnostic:
    whole = (*(path[:-1] if problem.on == "name" else path), *problem.path)
    at = document.at(whole) if problem.on == "value" else document.key_at(whole)
    message = f"{dotted(whole)}: {problem.message}"
    hint = problem.said
    if problem.code == "invalid-name" and whole and shown_key(name := f"{whole[-1]}") != name[:60]:
        hint = "write `NAME: {secret: NAME, key: KEY}`; if this was ever shared, change the secret"
    found = Diagnostic(problem.code, message, at, hint=hint)
    return _switched(found, document, whole) if problem.code == "exactly-one-of" else found


def _switched(problem: Diagnostic, document: Document, path: Path) -> Diagnostic:
    """Where an overlay chose another form beside the one that the document has, it says how."""
    choices = set(_WORD.findall(problem.message))
    if (meant := _patched_by_mistake(path, document)) is not None:
        hint = f"{meant} or, for a new one, {problem.hint}" if problem.hint else meant
        message = f"{dotted(path)}: there is none of this name to be patched, and a new one "
        wrong = problem.message.removeprefix(f"{dotted(path)}: ")
        return replace(problem, message=message + wrong, at=document.key_at(path), hint=hint)
    new = [key for key in document.added(path) if key in choices]
    old = [key for key in document.keys(path) if key in choices and key not in new]
    if not new or not old:
        return problem
    nulls = ", ".join(f"{key}: null" for key in old)
    hint = f"an overlay keeps what it doesn't remove: write `{nulls}` beside `{new[0]}`"
    return replace(problem, at=document.key_at((*path, new[0])), hint=hint)


def _patched_by_mistake(path: Path, document: Document) -> str | None:
    """The hint for a name that an overlay adds beside one much like it."""
    name = str(path[-1]) if path else ""
    added = document.added(path[:-1]) if path else ()
    if name not in added:
        return None
    old = [key for key in document.keys(path[:-1]) if key not in added]
    meant = nearest(name, old)
    return f'did you mean "{meant}"?' if meant is not None else None


def _choice(document: Document, path: Path, choices: tuple[str, ...], given: Any) -> Diagnostic:
    wrong = f"must be one of {', '.join(map(_as_text, choices))}"
    if not isinstance(given, str):
        words = 'write "null", in quotes: a bare null is no value' if "null" in choices else ""
        hint = words if given is None else ""
        return _at_value("wrong-type", document, path, f"{wrong}, not {called(given)}", hint)
    return _at_value("invalid-value", document, path, wrong, did_you_mean(given, choices))


def _as_text(choice: str) -> str:
    """A choice as YAML takes it for text."""
    return f'"{choice}"' if choice in ("null", "true", "false") else choice


def _number_meant(given: str) -> str:
    """What to write for text where a number is wanted."""
    if _GROUPED.fullmatch(given):
        return f"write {given.replace('_', '')}, without `_`"
    if _COMMA.fullmatch(given):
        return f"write {given.replace(',', '.')}, with a point"
    return "write a number, without quotes or units"


def _wrong_type(document: Document, path: Path, kind: str, given: Any) -> Diagnostic:
    wanted, hint = _WANTED[kind]
    if given is None:
        hint = "give it a value, or remove the field"
    elif kind == "string_type" and isinstance(given, bool) and path[-1] == "if":
        hint = "write an expression, such as ${{ steps.STEP.OUTPUT > 0.9 }}, or leave it out"
    elif kind == "dataclass_type" and path[-1] in _SHORT:
        hint = _SHORT[str(path[-1])]
    elif kind == "string_type" and isinstance(given, bool | int | float):
        hint = f'write "{document.written(path) or json.dumps(given)}"'
    elif kind == "string_type" and isinstance(given, list | tuple) and len(given) == 1:
        hint = "write its one item alone, without brackets or `-`"
    elif kind == "string_type" and isinstance(given, dict) and len(given) == 1:
        hint = "quote text that contains `: `, or take the space after its colon away"
    elif kind == "bool_type" and isinstance(given, str) and given.lower() in SWITCHES:
        hint = f"write {SWITCHES[given.lower()]}, without quotes"
    elif wanted == "a mapping" and isinstance(given, str) and _UNSPACED.match(given):
        hint = "write a space after the colon: `name: value`"
    elif wanted == "a list" and _undashed(given):
        hint = "write a space after each `-`"
    elif wanted.endswith("number") and isinstance(given, str):
        hint = _number_meant(given)
    wrong = f"must be {wanted}, not {called(given)}"
    if given is None:
        wrong = f"must have a value: {wanted}"
    return _at_value("wrong-type", document, path, wrong, hint)


def _undashed(given: Any) -> bool:
    """Whether this was meant as a list of `-a` lines."""
    if isinstance(given, dict):
        return bool(given) and all(str(key).startswith("-") for key in given)
    return isinstance(given, str) and given.startswith("-") and given[1:2] not in ("", " ")


def _at_value(code: str, document: Document, path: Path, wrong: str, hint: str = "") -> Diagnostic:
    return Diagnostic(code, f"{dotted(path)}: {wrong}", document.at(path), hint=hint)
