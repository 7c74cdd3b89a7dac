"""Types of columns, parameters and artifacts (LANGUAGE section 2.1).

In: a type as YAML has it. Out: frozen types, and where a value doesn't fit one. A type of artifacts
is a `Scalar` whose name has a capital first letter or a dot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, TypeAlias

from exai_specs.names import FIELD
from exai_specs.regexes import regex
from exai_specs.values import frozen

Path: TypeAlias = tuple[str | int, ...]
Hint: TypeAlias = str | Callable[[], str]
"""Words, or what finds them: thousands may be wrong, and a hundred are told."""

COLUMN_TYPES = (
    *("bool", "int32", "int64", "float32", "float64", "string", "bytes"),
    *("timestamp", "date", "decimal", "json", "uuid"),
)
PARAMETER_TYPES = ("string", "integer", "double", "boolean", "list", "struct")
ARTIFACT_TYPES = (
    *("Artifact", "Dataset", "Model", "Metrics", "ClassificationMetrics"),
    *("SlicedClassificationMetrics", "HTML", "Markdown"),
)
_DOTTED = regex(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+")


@frozen
class Scalar:
    """A type with a name alone; parameters have `list` and `struct` too, not refined."""

    name: str

    def __str__(self) -> str:
        return self.name


@frozen
class ListOf:
    """`{list: T}`."""

    item: Type

    def __str__(self) -> str:
        return f"{{list: {self.item}}}"


@frozen
class MapOf:
    """`{map: T}`, of columns only; keys are text."""

    value: Type

    def __str__(self) -> str:
        return f"{{map: {self.value}}}"


@frozen
class StructOf:
    """`{struct: {name: T}}`."""

    fields: Mapping[str, Type]

    def __str__(self) -> str:
        fields = ", ".join(f"{name}: {type_}" for name, type_ in self.fields.items())
        return f"{{struct: {{{fields}}}}}"


Type = Scalar | ListOf | MapOf | StructOf


class TypeProblem(ValueError):
    """What is wrong with a type, and where inside it."""

    def __init__(self, message: str, path: Path = (), hint: Hint = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.hint = hint
        self.code = code or "invalid-value"


def parse_column_type(value: Any) -> Type:
    """A column's type. Raises TypeProblem."""
    return _parse(value, COLUMN_TYPES, ("list", "map", "struct"), ())


def parse_parameter_type(value: Any) -> Type:
    """A parameter's type, also in a component's `exai.dev/types`. Raises TypeProblem."""
    return _parse(value, PARAMETER_TYPES, ("list", "struct"), ())


def parse_port_type(value: Any) -> Type:
    """The type of an output: a parameter's, or an artifact's such as `Model` or
    `google.VertexModel`. Raises TypeProblem.
    """
    if isinstance(value, str) and is_artifact(value):
        if value in ARTIFACT_TYPES or _DOTTED.fullmatch(value):
            return Scalar(value)
        raise TypeProblem("isn't a type", (), partial(_did_you_mean, value, ARTIFACT_TYPES))
    return parse_parameter_type(value)


def parse_artifact_type(value: Any) -> Type:
    """The type of a file, or `{list: Model}` of several. Raises TypeProblem."""
    if isinstance(value, Mapping) and set(value) == {"list"}:
        return ListOf(parse_artifact_type(value["list"]))
    if isinstance(value, str) and is_artifact(value):
        return parse_port_type(value)
    hint = "such as Dataset or Model; a value is a parameter"
    raise TypeProblem("must be a type of artifacts", (), hint)


@lru_cache(maxsize=1024)
def is_artifact(name: str) -> bool:
    """Whether a type of this name is a file, not a value."""
    return name[:1].isupper() or "." in name


NO_FIELD = "isn't one of "
"""How it begins what `mismatch` says of a key that a struct hasn't."""


def mismatch(value: Any, type_: Type) -> tuple[Path, str] | None:
    """Where and why a value isn't of the type, or None. A struct's fields may be left out."""
    match type_:
        case ListOf(item=item):
            if not isinstance(value, list | tuple):
                return (), f"must be a list, not {called(value)}"
            return _first((i, mismatch(each, item)) for i, each in enumerate(value))
        case StructOf(fields=fields):
            if not isinstance(value, Mapping):
                return (), f"must be a mapping, not {called(value)}"
            unknown = next((key for key in value if key not in fields), None)
            if unknown is not None:
                return (unknown,), f"{NO_FIELD}{', '.join(fields)}"
            return _first((key, mismatch(each, fields[key])) for key, each in value.items())
        case MapOf(value=inner):
            if not isinstance(value, Mapping):
                return (), f"must be a mapping, not {called(value)}"
            return _first((key, mismatch(each, inner)) for key, each in value.items())
        case Scalar(name=name):
            accepted, noun = _ACCEPTED[name]
            is_bool = isinstance(value, bool)
            if isinstance(value, accepted) and (not is_bool or bool in accepted):
                return None
            return (), f"must be {noun}, not {called(value)}"


EXACT = 2**53
INEXACT = "is a whole number beyond 2^53, which Kubeflow Pipelines can't keep exactly"
"""It keeps numbers as doubles."""


def inexact(value: Any) -> Path | None:
    """Where a value has such a number; None where it has none."""
    match value:
        case bool() | str() | None:
            return None
        case int():
            return () if abs(value) > EXACT else None
        case list() | tuple():
            found = ((index, inexact(each)) for index, each in enumerate(value))
        case Mapping():
            found = ((key, inexact(each)) for key, each in value.items())
        case _:
            return None
    return next(((part, *path) for part, path in found if path is not None), None)


def called(value: Any) -> str:
    """What a plain value is called in a message. Text isn't quoted: it may be a secret."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return "text"
        case list() | tuple():
            return "a list"
        case _:
            return "a mapping"


_ACCEPTED: Mapping[str, tuple[tuple[type, ...], str]] = MappingProxyType(
    {
        "string": ((str,), "text"),
        "integer": ((int,), "a whole number"),
        "double": ((int, float), "a number"),
        "boolean": ((bool,), "true or false"),
        "list": ((list, tuple), "a list"),
        "struct": ((Mapping,), "a mapping"),
    }
)


def _first(found: Any) -> tuple[Path, str] | None:
    for part, wrong in found:
        if wrong:
            return (part, *wrong[0]), wrong[1]
    return None


_PYTHON = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "long": "integer",
    "bool": "boolean",
    "float": "double",
    "number": "double",
    "dict": "struct",
    "object": "struct",
    "mapping": "struct",
    "array": "list",
    "tuple": "list",
}
_LIST = regex(r"[Ll]ist\[(\w+)\]|(\w+)\[\]")


def _meant(name: str, names: tuple[str, ...]) -> str:
    """What a parameter's type is called here that has another name elsewhere; "" for no idea."""
    if names != PARAMETER_TYPES:
        return ""
    if (found := _LIST.fullmatch(name)) is not None:
        item = found[1] or found[2]
        return f"write {{list: {_PYTHON.get(item, item)}}}"
    if (known := _PYTHON.get(name.lower())) is not None:
        return f"write {known}"
    return "a file isn't given by a parameter: a step makes it" if name in ARTIFACT_TYPES else ""


def _parse(value: Any, names: tuple[str, ...], forms: tuple[str, ...], path: Path) -> Type:
    if isinstance(value, str):
        if value in names:
            return Scalar(value)
        raise TypeProblem("isn't a type", path, partial(_hint, value, names))
    shown = ", ".join(f"{{{form}: ...}}" for form in forms)
    if not isinstance(value, Mapping):
        message = f"must be a type, not {called(value)}"
        raise TypeProblem(message, path, f"one of {', '.join(names)}, {shown}", "wrong-type")
    if len(value) != 1 or next(iter(value)) not in forms:
        raise TypeProblem(f"must be exactly one of {shown}", path, code="exactly-one-of")
    form, inner = next(iter(value.items()))
    if form == "list":
        return ListOf(_parse(inner, names, forms, (*path, form)))
    if form == "map":
        return MapOf(_parse(inner, names, forms, (*path, form)))
    if not isinstance(inner, Mapping) or not inner:
        message = "must be a mapping of names to types"
        raise TypeProblem(message, (*path, form), "{struct: {lr: double}}", "wrong-type")
    fields: dict[str, Type] = {}
    for name, type_ in inner.items():
        wrong = FIELD.wrong(name)
        if wrong:
            hint = f"for example {FIELD.suggest(name)}"
            raise TypeProblem(wrong, (*path, form, name), hint, "invalid-name")
        fields[name] = _parse(type_, names, forms, (*path, form, name))
    return StructOf(MappingProxyType(fields))


def _hint(value: str, names: tuple[str, ...]) -> str:
    return _meant(value, names) or _did_you_mean(value, names)


def _did_you_mean(value: str, names: tuple[str, ...]) -> str:
    from exai_specs.nearest import did_you_mean

    return did_you_mean(value, names)
