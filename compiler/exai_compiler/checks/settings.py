"""Whether an estimator takes its parameters, as the step that trains would find out.

In: a component, its algorithm, plain values. Out: `Refused`, with paths below the value. Never
stricter than the step: train-sklearn reads "3" as 3, since references arrive as text, and KFP keeps
1 as 1.0. What depends on the data or on two parameters together, only training tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import inf, isfinite
from typing import NamedTuple

from exai_compiler.checks.port_types import meant
from exai_compiler.checks.settings_table import Range, Takes, every_setting, settings_of
from exai_compiler.checks.suggest import did_you_mean
from exai_compiler.checks.texts import Path
from exai_specs.expressions import has_expression
from exai_specs.frozen import Json
from exai_specs.types import called

DECLARES = "train-h2o"
"""Its `parameters` are a struct with the names of all algorithms: others `wrong-input-type` tells.
"""
_FEW = 8
_WORDS = {"true": True, "false": False, "none": None}


class Refused(NamedTuple):
    """A parameter that isn't there, or its value that isn't taken; `words` go on from `subject`
    and never hold the value, `shown` may."""

    path: Path
    subject: str
    words: str
    shown: str
    hint: str
    is_key: bool = False


def refused(component: str, algorithm: str, values: Json) -> Iterator[Refused]:
    """All that is wrong with the parameters of an algorithm; values with expressions are left."""
    known = settings_of(component, algorithm)
    if known is None or not isinstance(values, Mapping):
        return
    for name, value in values.items():
        if name in known:
            yield from refused_one(component, algorithm, name, value)
        elif component != DECLARES or name in every_setting(component):
            words = f"has no parameter `{name}`"
            yield Refused((name,), algorithm, words, "", did_you_mean(name, known), is_key=True)


def refused_one(component: str, algorithm: str, name: str, value: Json) -> Iterator[Refused]:
    """What is wrong with the value of one parameter, with its path below all of them."""
    found = (settings_of(component, algorithm) or {}).get(name)
    if found is None or (isinstance(value, str) and has_expression(value)) or takes(found, value):
        return
    texts = _texts(found)
    hint = did_you_mean(value, texts) if isinstance(value, str) and texts else ""
    shown = f'"{value}"' if hint else called(value)
    if isinstance(value, str) and (whole := meant(value)):
        hint = f"write {whole}"
    words, hint = f"must be {_described(found)}", hint or "choose one that it takes"
    yield Refused((name,), f"`{name}` of {algorithm}", words, f", not {shown}", hint)


def edges(component: str, algorithm: str, name: str) -> tuple[float, ...]:
    """The numbers at which what a parameter takes begins or ends."""
    found = (settings_of(component, algorithm) or {}).get(name)
    each_range = (*found.ranges, *found.within) if found is not None else ()
    return tuple(
        bound for each in each_range for bound in (each.low, each.high) if bound is not None
    )


def takes(found: Takes, value: Json) -> bool:
    """Whether a plain value is one that the library takes at once."""
    if found.anything:
        return True
    if found.names:  # of other types than text `wrong-input-type` speaks
        return not isinstance(value, str) or _mangled(value) in map(_mangled, found.names)
    if found.within:
        return _is_within(found, value)
    if isinstance(value, str):
        if value in found.texts:
            return True
        value = _read(value)
    match value:
        case None:
            return "none" in found.kinds
        case str():
            return "text" in found.kinds
        case bool():
            if "bool" in found.kinds:
                return True
            return _is_number(found, int(value), whole=True, share=False)
        case int() | float():
            whole = float(value).is_integer()
            return not isfinite(value) or _is_number(found, value, whole=whole, share=True)
        case tuple():
            return "list" in found.kinds
        case _:
            return "struct" in found.kinds


def _is_within(found: Takes, value: Json) -> bool:
    """Of other types than numbers, and of fractions where there are none, others speak, too."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return True
    foreign = any(each.kind == "int" for each in found.within) and not float(value).is_integer()
    return foreign or any(_between(each, value) for each in found.within)


def _is_number(found: Takes, value: float, *, whole: bool, share: bool) -> bool:
    """A whole one is also a share where it is one: KFP makes a double of it."""
    if ("int" if whole else "float") in found.kinds:
        return True
    kinds = {"number", *(["int"] if whole else []), *(["share"] if share else [])}
    return any(each.kind in kinds and _between(each, value) for each in found.ranges)


def _between(each: Range, value: float) -> bool:
    low, high = (-inf if each.low is None else each.low), (inf if each.high is None else each.high)
    above = value >= low if each.closed in ("left", "both") else value > low
    below = value <= high if each.closed in ("right", "both") else value < high
    return above and below


def _read(text: str) -> Json:
    """A text as train-sklearn reads it."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return float(text)
    except ValueError:
        return text


def _mangled(name: str) -> str:
    """As H2O's client compares names."""
    return re.sub(r"[^a-z]+", "", name.lower())


def _described(found: Takes) -> str:
    """`a whole number of at least 1, "sqrt" or null`."""
    texts = _texts(found)
    words = [_range(each) for each in (*found.ranges, *found.within)]
    words += [said for kind, said in _SAID if kind in found.kinds]
    words += [f'"{text}"' for text in texts] if len(texts) <= _FEW else ["one of certain names"]
    if "none" in found.kinds:
        words.append("null")
    *most, last = dict.fromkeys(words)
    return f"{', '.join(most)} or {last}" if most else last


def _texts(found: Takes) -> tuple[str, ...]:
    """Those that one would write: `deprecated` is what a parameter is that nobody should set."""
    return tuple(text for text in found.texts or found.names if text != "deprecated")


_SAID = (
    ("int", "a whole number"),
    ("float", "a number"),
    ("bool", "true or false"),
    ("text", "text"),
    ("list", "a list"),
    ("struct", "a mapping"),
)


def _range(each: Range) -> str:
    if each.low is not None and each.low == each.high:
        return f"{each.low:g}"
    left = "of at least" if each.closed in ("left", "both") else "above"
    right = "at most" if each.closed in ("right", "both") else "below"
    bounds = [
        f"{word} {bound:g}"
        for word, bound in ((left, each.low), (right, each.high))
        if bound is not None
    ]
    what = "a whole number" if each.kind == "int" else "a number"
    return " ".join((what, " and ".join(bounds))).strip()
