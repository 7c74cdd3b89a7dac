"""What fields a kind has: their effects, references, choices and descriptions, found by path.

In: the class of a kind's spec. Out: a tree of `Shape`s along the keys that YAML has; a class inside
it is looked at when its fields are first asked for. Never: values.
"""

from __future__ import annotations

import functools
from collections import ChainMap
from collections.abc import Hashable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from exai_specs.blocks import yaml_name
from exai_specs.effects import Effect
from exai_specs.fields import HIDDEN
from exai_specs.forms import OneOf, OrExpression, Shorthand
from exai_specs.frozen import empty
from exai_specs.identity import RefTo
from exai_specs.notes import FieldNote
from exai_specs.types import Path
from exai_specs.values import MISSING, field, fields, frozen, is_dataclass, replace


@frozen
class Shape:
    """A field, with those inside it.

    `items`: what a list's items or a mapping's entries are. `short`: a field that may be written in
    place of them all. `again`: the class that this is, where it stands inside itself; `opened`
    follows.

    Its effect is the one declared, but never more than that of the field around it: a block that
    several kinds share reaches as far as the field that holds it.
    """

    effect: Effect
    description: str = ""
    examples: tuple[Any, ...] = ()
    required: bool = False
    ref: RefTo | None = None
    choices: tuple[str, ...] = ()
    fields: Mapping[str, Shape] = field(default_factory=empty)
    forms: Mapping[str, Shape] = field(default_factory=empty)
    items: Shape | None = None
    short: Shorthand | None = None
    again: tuple[Any, Effect] | None = None

    @property
    def each(self) -> Shape | None:
        """What a list's items are, a mapping's entries, or the keys that a block doesn't name."""
        return self.fields.unnamed if isinstance(self.fields, _Inside) else self.items

    def opened(self) -> Shape:
        """This shape with its fields, where it is one of a class that holds itself."""
        return _again(*self.again) if self.again else self

    def at(self, path: Path) -> Shape:
        """The shape of the field at `path`, or of the deepest one above it that is declared."""
        shape = self
        for part in path:
            shape = shape.opened()
            if part in shape.forms:
                shape = shape.forms[str(part)]
            elif part in shape.fields:
                shape = shape.fields[str(part)]
            elif isinstance(part, str) and part.startswith(HIDDEN):
                continue
            elif (each := shape.each) is not None:
                shape = each
            else:
                break
        return shape.opened()

    def example(self, path: Path) -> object:
        """What could stand at `path`, or else around it; None when nothing is declared."""
        shape, found = self, self.examples
        for part in path:
            shape = shape.at((part,))
            found = shape.examples or found
        return found[0] if found else None

    def walk(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
        """Every field with its path; `*` stands for any name or index."""
        for name, shape in self.fields.items():
            yield (*path, name), shape
            yield from shape.walk((*path, name))
        if self.each:
            yield from self.each.walk((*path, "*"))


def shape_of(spec: type[Any]) -> Shape:
    """The shape of a spec's class. Raises TypeError for a field without effect or description."""
    return _shape_of(cast(Hashable, spec))


@functools.cache
def _again(of: Any, effect: Effect) -> Shape:
    return _shape(of, effect, ())


@functools.cache
def _shape_of(spec: Any) -> Shape:
    inside = _Inside(spec, Effect.BREAKING, ())
    return Shape(max(shape.effect for shape in inside.values()), fields=inside)


Within = tuple[Any, ...]  # the classes around a field, the outermost first


class _Inside(Mapping[str, Shape]):
    """The fields of a class. Of a change most classes of its kind are of no interest, and to look
    at all of them takes longer than to compare the documents."""

    __slots__ = ("_class",)

    def __init__(self, spec: type[Any], bound: Effect, within: Within) -> None:
        self._class: tuple[Any, Effect, Within] = (spec, bound, within)

    @property
    def unnamed(self) -> Shape | None:
        """What stands under keys that the class has no names for."""
        return _fields(*self._class)[1]

    def __getitem__(self, name: str) -> Shape:
        return _fields(*self._class)[0][name]

    def __iter__(self) -> Iterator[str]:
        return iter(_fields(*self._class)[0])

    def __len__(self) -> int:
        return len(_fields(*self._class)[0])


@functools.cache
def _fields(
    spec: type[Any], bound: Effect, within: Within
) -> tuple[dict[str, Shape], Shape | None]:
    hints = get_type_hints(spec, include_extras=True)
    found: dict[str, Shape] = {}
    each: Shape | None = None
    for declared in fields(spec):
        hint = hints[declared.name]
        notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        effect = next((note for note in notes if isinstance(note, Effect)), None)
        info = next((n for n in notes if isinstance(n, FieldNote) and n.description), None)
        if effect is None or info is None:
            raise TypeError(f"{spec.__name__}.{declared.name} has no effect or no description")
        shape = replace(
            _shape(hint, min(effect, bound), (*within, spec)),
            description=info.description or "",
            examples=tuple(info.examples or ()),
            required=_is_missing(declared.default) and _is_missing(declared.default_factory),
        )
        alias = next((n.alias for n in notes if isinstance(n, FieldNote) and n.alias), None)
        if alias and alias.startswith(HIDDEN):
            each = shape.each
        else:
            found[alias or yaml_name(declared.name)] = shape
    return found, each


def _shape(hint: Any, effect: Effect, within: Within) -> Shape:
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        form = next((note for note in notes if isinstance(note, OneOf)), None)
        written = next((note.of for note in notes if isinstance(note, OrExpression)), inner)
        shape = _one_of(form, effect, within) if form else _shape(written, effect, within)
        ref = next((note for note in notes if isinstance(note, RefTo)), None)
        short = next((note for note in notes if isinstance(note, Shorthand)), None)
        shape = replace(shape, short=short) if short else shape
        return replace(shape, ref=ref) if ref else shape
    if get_origin(hint) in (Union, UnionType):
        present = [member for member in get_args(hint) if member is not NoneType]
        return _shape(present[0], effect, within) if len(present) == 1 else Shape(effect)
    if get_origin(hint) is Literal:
        return Shape(effect, choices=get_args(hint))
    if get_origin(hint) is tuple:
        return Shape(effect, items=_shape(get_args(hint)[0], effect, within))
    if isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping):
        return Shape(effect, items=_shape(get_args(hint)[1], effect, within))
    if is_dataclass(hint) and hasattr(hint, "__pydantic_config__"):
        if hint in within:
            return Shape(effect, again=(hint, effect))
        return Shape(effect, fields=_Inside(hint, effect, within))  # type: ignore[arg-type]
    return Shape(effect)


def _one_of(form: OneOf, effect: Effect, within: Within) -> Shape:
    choices = _shape(form.text, effect, within).choices if form.text is not None else ()
    forms = {key: _shape(of, effect, within) for key, of in form.keys}
    if form.otherwise is not None:
        forms[HIDDEN] = _shape(form.otherwise, effect, within)
    if form.inside:
        return Shape(effect, choices=choices, fields=forms)
    # Of two forms with a field of one name the later one has it; none is looked at before it must.
    merged = ChainMap(*[cast(dict[str, Shape], shape.fields) for shape in reversed(forms.values())])
    hidden = {HIDDEN + key: shape for key, shape in forms.items()}
    if choices:
        hidden[HIDDEN] = Shape(effect, choices=choices)
    return Shape(effect, choices=choices, fields=merged, forms=hidden)


def _is_missing(default: Any) -> bool:
    return default is MISSING
