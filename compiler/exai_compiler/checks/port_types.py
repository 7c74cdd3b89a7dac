"""Types of inputs, outputs and parameters: which value fits which, and what may be assigned to what
(LANGUAGE 2.1).

In: types and plain
values. Out: answers; no places of documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_compiler.graph import is_artifact
from exai_specs.expressions import ExpressionError, half_written, has_expression, parse_text
from exai_specs.frozen import Json
from exai_specs.regexes import regex
from exai_specs.types import INEXACT, ListOf, Scalar, StructOf, Type, called, inexact, mismatch

# A reference without its braces, or in other ones.
_BARE = regex(r"\b(?:steps\.[a-z][a-z0-9-]*|parameters|artifacts)\.[A-Za-z_]\w*")
_PERCENT = regex(r"[0-9]{1,9}(\.[0-9]{1,9})?\s?%")
NO_FIELD = "isn't one of the fields here"

Assignable = Literal["yes", "untyped", "no"]


def describe(type_: Type) -> str:
    """A type in words, with its article: `an integer`, `a list of string`."""
    match type_:
        case ListOf(item=item):
            return f"a list of {item}"
        case Scalar(name=name):
            return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"
    return "a struct"


def assignable(source: Type, target: Type) -> Assignable:
    """Whether a value of type `source` may go where `target` is asked; `untyped`: nobody can tell
    before it runs.
    """
    match source, target:
        case Scalar(a), Scalar(b):
            same = a == b or (a, b) == ("integer", "double")
            return "yes" if same or (b == "Artifact" and is_artifact(source)) else "no"
        case Scalar(a), ListOf() | StructOf():
            return "untyped" if a == ("list" if isinstance(target, ListOf) else "struct") else "no"
        case ListOf() | StructOf(), Scalar(b):
            return "yes" if b == ("list" if isinstance(source, ListOf) else "struct") else "no"
        case ListOf(a), ListOf(b):
            return assignable(a, b)
        case StructOf(a), StructOf(b):
            if set(a) - set(b):
                return "no"
            results = {assignable(a[name], b[name]) for name in a}
            return "no" if "no" in results else "untyped" if "untyped" in results else "yes"
    return "no"


_TEXT = Scalar("string")
# What a scalar type takes as it is, an expression or none.
_TAKEN: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "string": (str,),
        "integer": (int,),
        "double": (float, int),
        "boolean": (bool,),
        "list": (tuple,),
        "struct": (MappingProxyType,),
    }
)


def fits(value: Json, type_: Type) -> bool:
    """Whether a literal is of a type at first sight, as nearly all are: no misfit then."""
    if type(type_) is ListOf:
        # An empty one may be of artifacts, which no literal is.
        if type(value) is not tuple or value == ():
            return False
        if type_.item == _TEXT:  # as most are
            return {*map(type, value)} == {str}
        return all(fits(each, type_.item) for each in value)
    if type(type_) is StructOf:
        return type(value) is MappingProxyType and all(
            name in type_.fields and (_is_left_out(each) or fits(each, type_.fields[name]))
            for name, each in value.items()
        )
    if type(type_) is not Scalar or type(value) not in _TAKEN.get(type_.name, ()):
        return False
    return type(value) is str or inexact(value) is None


def misfits(value: Json, type_: Type, path: Path = ()) -> Iterator[tuple[Path, str, str]]:
    """Where a literal doesn't fit a type: its path, what is wrong, a hint.

    Texts with expressions are left out.
    """
    if _is_left_out(value):
        return
    if is_artifact(type_):
        bare = _BARE.search(value) if isinstance(value, str) else None
        meant = f"${{{{ {bare[0]} }}}}" if bare else ""
        hint = (
            f"write {meant}"
            if bare
            else "write `${{ steps.STEP.OUTPUT }}` of a step that makes one"
        )
        yield path, f"must be {describe(type_)} that a step makes, not {called(value)}", hint
        return
    match type_:
        case ListOf(item=item) if isinstance(value, tuple):
            for index, each in enumerate(value):
                yield from misfits(each, item, (*path, index))
        case StructOf(fields=fields) if isinstance(value, Mapping):
            for key, each in value.items():
                if key in fields:
                    yield from misfits(each, fields[key], (*path, key))
                else:
                    yield (*path, key), NO_FIELD, did_you_mean(key, fields)
        case Scalar("final-status"):
            hint = "write `${{ status }}` in `finally`, or leave it out"
            yield path, f"must be how the steps ended, not {called(value)}", hint
        case _:
            if (wrong := mismatch(value, type_)) is not None:
                yield path, wrong[1], _hint(value, type_)
            elif (inner := inexact(value)) is not None:
                yield (*path, *inner), INEXACT, "make it text, or a smaller one"


def _is_left_out(value: Json) -> bool:
    """Whether it is a text with an expression, or with one that can't be read; `$${{` alone is
    none."""
    if not isinstance(value, str) or not has_expression(value):
        return False
    try:
        return bool(parse_text(value).expressions)
    except ExpressionError:
        return True


_PLAIN = regex(r"-?[0-9.]+|true|false")


def meant(text: str) -> str:
    """The expression that a text was meant as which lacks its braces or has others; "" for none."""
    bare = _BARE.search(text)
    return half_written(text) or (f"${{{{ {bare[0]} }}}}" if bare else "")


def _hint(value: Json, type_: Type) -> str:
    name = str(type_)
    if isinstance(value, str) and (whole := half_written(value)):
        return f"write {whole}"
    if name == "string" and isinstance(value, bool | int | float):
        return "quote it"
    if (name == "list" or isinstance(type_, ListOf)) and isinstance(value, str | int | float):
        return f"write [{value}]"
    if name in ("integer", "double", "boolean") and isinstance(value, str):
        return _scalar_hint(value, type_)
    return f"write {describe(type_)}, or an expression that gives one"


def _scalar_hint(text: str, type_: Type) -> str:
    """What to write instead of a text where a number or a boolean belongs."""
    if _PERCENT.fullmatch(text) and str(type_) == "double":
        return f"write {float(text.rstrip().removesuffix('%')) / 100:g}: a share of 1"
    if bare := _BARE.search(text):
        return f"write ${{{{ {bare[0]} }}}}"
    if _PLAIN.fullmatch(text):
        return "write it without quotes"
    return f"write {describe(type_)}, or an expression that gives one"


def refined_at(type_: Type | None, path: Path) -> Type | None:
    """The declared type at a path below an input; None where nothing refines that place."""
    for part in path:
        match type_:
            case ListOf(item=item) if isinstance(part, int):
                type_ = item
            case StructOf(fields=fields):
                type_ = fields.get(str(part))
            case _:
                return None
    return type_
