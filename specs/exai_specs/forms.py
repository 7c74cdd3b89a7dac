"""Values that have several forms: unions told by a key, and mappings that one field may stand for.

In: plain values. Out: the frozen value of the one form that fits. Never: trying forms in turn.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from exai_specs import core_schema
from exai_specs.expressions import half_written, has_expression
from exai_specs.fields import HIDDEN, Problem, refuse
from exai_specs.foreign_words import said_here
from exai_specs.nearest import did_you_mean, nearest
from exai_specs.types import called
from exai_specs.values import frozen

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidatorFunctionWrapHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

_NEAR = 0.8  # of a key that may be a field of a form: others aren't guessed at
_MOST = 20  # unknown keys of one union that are named


@frozen
class OneOf:
    """Exactly one of several forms, told by a key (LANGUAGE section 1, the union rule).

    `inside`: the form's fields stand below its key (`{csv: {path: x}}`), else beside it (`{secret:
    s, key: k}`). `text`: what a value that is no mapping is read as, if that is allowed. `missing`:
    what to say of keys that somebody may well look for here. `otherwise`: the form of a mapping
    that has none of the keys, if that is allowed, and `others` the keys that say what that is.
    `instead` says what to write for a value that is no mapping.
    """

    keys: tuple[tuple[str, Any], ...]
    inside: bool = True
    text: Any = None
    text_words: str = ""
    missing: tuple[tuple[str, str], ...] = ()
    otherwise: Any = None
    others: tuple[str, ...] = ()
    instead: Callable[[Any], str] | None = None

    __eq__, __hash__ = object.__eq__, object.__hash__  # its forms may be annotated with anything

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices: dict[str, CoreSchema] = {}
        for key, form in self.keys:
            schema = handler.generate_schema(form)
            if self.inside:
                inside = operator.itemgetter(key)
                choices[key] = core_schema.no_info_before_validator_function(inside, schema)
            else:
                choices[HIDDEN + key] = schema
        if self.text is not None:
            # Wrapped, so that the JSON Schema that the text's own type makes is asked for.
            text = handler.generate_schema(self.text)
            choices[HIDDEN] = core_schema.no_info_before_validator_function(_as_it_is, text)
        if self.otherwise is not None:
            choices[HIDDEN + HIDDEN] = handler.generate_schema(self.otherwise)
        tagged = core_schema.tagged_union_schema(choices, discriminator=self._tag)
        classes, names = tuple(self._classes()), self._names()
        open_ = self.otherwise is not None and not self.inside

        def validate(value: Any, form: ValidatorFunctionWrapHandler) -> Any:
            if type(value) is dict:  # as most are
                if len(value) == 1 and next(iter(value)) in names:
                    return form(value)
                if open_ and value.keys().isdisjoint(names):
                    return form(value)
            elif isinstance(value, classes):
                return value  # made by a program, not read
            return form(self._check(value))

        return core_schema.no_info_wrap_validator_function(validate, tagged)

    def _classes(self) -> Iterator[type]:
        yield from (of for _, of in self.keys)
        if isinstance(self.otherwise, type):
            yield self.otherwise

    def _names(self) -> tuple[str, ...]:
        return tuple(key for key, _ in self.keys)

    def _tag(self, value: Any) -> str:
        if not isinstance(value, dict):
            return HIDDEN
        for key, _ in self.keys:
            if key in value:
                return key if self.inside else HIDDEN + key
        return HIDDEN + HIDDEN

    def _wanted(self, others: tuple[str, ...] = ()) -> str:
        forms = f"{self.text_words}, or a mapping with" if self.text_words else "a mapping with"
        return f"must be {forms} exactly one of {', '.join((*others, *self._names()))}"

    def _check(self, value: Any) -> Any:
        if not isinstance(value, dict):
            if self.text is not None and not isinstance(value, list | None):
                return value
            wrong = f"{self._wanted(self.others)}, not {called(value)}"
            hint = self.instead(value) if self.instead is not None else ""
            raise refuse(Problem("wrong-type", wrong, hint))
        present = [name for name, _ in self.keys if name in value]
        if self.inside and len(present) < len(value):
            names, known = self._names(), dict(self.missing)
            others = [key for key in value if key not in names]
            hints = ((key, known.get(key) or did_you_mean(key, names)) for key in others[:_MOST])
            raise refuse(
                *(
                    Problem("unknown-field", "there is no such field", hint, (key,), "key")
                    for key, hint in hints
                )
            )
        if not present and self.otherwise is not None:
            return value
        if len(present) != 1:
            hint = "keep" if present else "add"
            hint += f" one of {', '.join(present or self._names())}"
            theirs = next(filter(None, (self._meant(str(key)) for key in value)), "")
            wanted = self._wanted()
            raise refuse(Problem("exactly-one-of", wanted, hint if present else theirs or hint))
        return value

    def _meant(self, key: str) -> str:
        """What somebody means by a key that no form has; "" for what isn't close to any."""
        if theirs := said_here(key, self._names()):
            return theirs
        close = nearest(key, self._names(), _NEAR)
        return f'did you mean "{close}"?' if close is not None else ""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        tagged: Any = schema
        while "choices" not in tagged:  # below what else is annotated on the union
            tagged = tagged["schema"]
        forms: list[JsonSchemaValue] = []
        # The form without a key is first: editors tell of the first where none fits better.
        for key, choice in sorted(tagged["choices"].items(), key=_is_told):
            if not self.inside or key.startswith(HIDDEN):
                forms.append(handler(choice))
                continue
            inner = handler(choice["schema"])
            form = {"type": "object", "properties": {key: inner}, "required": [key]}
            forms.append({**form, "additionalProperties": False})
        text = forms.pop() if self.text is not None else None
        mapping = forms[0] if len(forms) == 1 else {"anyOf": forms}
        # Told apart before anything else, so that editors speak of the form that was meant.
        return {"if": {"type": "object"}, "then": mapping, "else": text} if text else mapping


def _is_told(choice: tuple[str, Any]) -> bool:
    return choice[0] != HIDDEN + HIDDEN


def _as_it_is(value: Any) -> Any:
    return value


@frozen
class Shorthand:
    """A mapping that one of its fields may stand for.

    It does when the value is text, or a mapping of nothing but `forms`.
    """

    field: str
    forms: tuple[str, ...]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._expand, handler(source))

    def alone(self, value: object) -> bool:
        """Whether the field is written in place of the mapping."""
        if isinstance(value, str):
            return True
        if type(value) is not dict and not isinstance(value, Mapping):
            return False
        for key in value:  # no generator: it is asked of every column
            if key not in self.forms:
                return False
        return bool(value)

    def _expand(self, value: Any) -> Any:
        return {self.field: value} if self.alone(value) else value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = handler(schema)
        field = handler.resolve_ref_schema(whole)["properties"][self.field]
        words = {key: field[key] for key in ("type", "enum") if key in field}
        short = field.get("anyOf", [words])
        return {"anyOf": [whole, {"anyOf": short}]}


@frozen
class OrExpression:
    """A value of a type, or text with an expression that gives the whole of it in a run."""

    of: Any

    __eq__, __hash__ = object.__eq__, object.__hash__  # the type may be annotated with anything

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            self._validate, handler.generate_schema(self.of)
        )

    def _validate(self, value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, str) and has_expression(value):
            return value
        if isinstance(value, str) and (meant := half_written(value)):
            wrong = "looks like an expression, and is none"
            raise refuse(Problem("invalid-value", wrong, f"write {meant}"))
        return inner(value)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [handler(schema), {"type": "string", "pattern": r"\$\{\{"}]}
