"""Parameters of a run as people type them. In: a pipeline's spec, `NAME=VALUE`s. Out: typed values,
or every problem with them.

Judged as the compiler judges defaults: type, enum, what is asked where it is used, and no text that
KFP would expand. A value is never repeated in a message: it may be a secret that was typed at the
wrong place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from exai_compiler.checks.demands import Demand, Typed, faults
from exai_compiler.checks.uses import Asked
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.frozen import Json, freeze
from exai_specs.kinds.parameter import ParameterFields
from exai_specs.kinds.pipeline import PipelineSpec
from exai_specs.nearest import did_you_mean
from exai_specs.types import ListOf, MapOf, Scalar, StructOf, Type, mismatch

NOWHERE = Span("")
NOTHING_ASKED: Asked = MappingProxyType({})
_EXACT = 2**53  # KFP keeps numbers as doubles


def given(
    pipeline: PipelineSpec, name: str, cells: Sequence[str], asked: Asked = NOTHING_ASKED
) -> tuple[Mapping[str, Json], tuple[Diagnostic, ...]]:
    """The values by name, and what is wrong: an unknown name, a value of another type or one that
    its use refuses (`asked`), a parameter without a default that isn't given."""
    values: dict[str, Json] = {}
    named: set[str] = set()
    problems: list[Diagnostic] = []
    for cell in cells:
        key, equals, text = cell.partition("=")
        key = key.strip()
        parameter = pipeline.parameters.get(key)
        if not equals or not key:
            hint = "-p ntrees=50"
            problems.append(_problem("bad-parameter", f"-p {key}: this is no NAME=VALUE", hint))
        elif parameter is None:
            message = f"Pipeline/{name} has no parameter `{key}`"
            known = did_you_mean(key, pipeline.parameters) or "it has no parameters"
            problems.append(_problem("unknown-parameter", message, known))
        elif key in named:
            problems.append(_problem("bad-parameter", f"-p {key} is given twice", "give one value"))
        else:
            value = _read(text, parameter.type)
            wrong = tuple(_wrong(key, value, parameter))
            if not wrong and not isinstance(value, _Unreadable):
                wrong = tuple(_refused(key, value, parameter.type, asked.get(key, ())))
            problems += wrong
            if not wrong and not isinstance(value, _Unreadable):
                values[key] = value
        named.add(key)
    for key, parameter in pipeline.parameters.items():
        if parameter.default is None and not parameter.optional and key not in named:
            message = f"Pipeline/{name} needs the parameter `{key}` ({parameter.type})"
            problems.append(_problem("missing-parameter", message, f"-p {key}=VALUE"))
    return MappingProxyType(values), tuple(problems)


class _Unreadable:
    """What is no JSON."""


_NO_JSON = _Unreadable()


def _read(text: str, type_: Type) -> Json | _Unreadable:
    """Text stays as it is; all other types are written as JSON has them."""
    if type_ == Scalar("string"):
        return text
    try:
        value = freeze(json.loads(text, parse_constant=_no_constant))
    except (ValueError, RecursionError):
        return _NO_JSON
    # `1.0` is what JSON writers make of 1.
    if type_ == Scalar("integer") and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _wrong(
    name: str, value: Json | _Unreadable, parameter: ParameterFields
) -> Iterator[Diagnostic]:
    hint = _example(name, parameter.type)
    if isinstance(value, _Unreadable):
        message = f"`{name}` must be {_noun(parameter.type)}, as JSON has it"
        yield _problem("wrong-parameter", message, hint)
        return
    if (found := mismatch(value, parameter.type)) is not None:
        place = "".join(f"[{part!r}]" for part in found[0])
        yield _problem("wrong-parameter", f"`{name}`{place} {found[1]}", hint)
    elif parameter.enum and value not in parameter.enum:
        allowed = ", ".join(json.dumps(_plain(one), ensure_ascii=False) for one in parameter.enum)
        message = f"`{name}` must be one of {allowed}"
        yield _problem("wrong-parameter", message, f"-p {name}={_text(parameter.enum[0])}")
    elif any("{{$" in text for text in _texts(value)):
        message = f"`{name}` holds `{{{{$`, which KFP would expand"
        yield _problem("wrong-parameter", message, "write it without these three characters")
    elif any(abs(number) > _EXACT for number in _whole(value)):
        message = f"`{name}` holds a whole number beyond 2^53, which KFP can't keep exactly"
        yield _problem("wrong-parameter", message, "give it as text, or a smaller one")


def _refused(
    name: str, value: Json, type_: Type, demands: Iterable[Demand]
) -> Iterator[Diagnostic]:
    """What the steps that use the value refuse, those of pipelines that are called too."""
    for demand in demands:
        hint = _example(name, type_) if isinstance(demand.rule, Typed) else ""
        for fault in faults(value, demand):
            place = "".join(f"[{part!r}]" for part in fault.path)
            message = f"`{name}`{place} {fault.words}"
            shown = hint or fault.hint
            yield Diagnostic("wrong-parameter", message, NOWHERE, hint=shown, related=demand.places)


def _noun(type_: Type) -> str:
    match type_:
        case Scalar(name="integer"):
            return "a whole number"
        case Scalar(name="double"):
            return "a number"
        case Scalar(name="boolean"):
            return "true or false"
        case Scalar(name="list") | ListOf():
            return "a list"
        case Scalar(name="struct") | StructOf() | MapOf():
            return "a mapping"
        case Scalar():
            return "text"


def _example(name: str, type_: Type) -> str:
    match _noun(type_):
        case "a whole number":
            return f"-p {name}=50"
        case "a number":
            return f"-p {name}=0.1"
        case "true or false":
            return f"-p {name}=true"
        case "a list":
            return f"-p {name}='[1, 2]'"
        case "a mapping":
            return f"""-p {name}='{{"depth": 5}}'"""
        case _:
            return f"-p {name}=TEXT"


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from (key, *_texts(item))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _texts(item)


def _whole(value: Json) -> Iterator[int]:
    if isinstance(value, int) and not isinstance(value, bool):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _whole(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _whole(item)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(_plain(value))


def _plain(value: Json) -> object:
    from exai_specs.frozen import thaw

    return thaw(value)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def _problem(code: str, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(code, message, NOWHERE, hint=hint)
