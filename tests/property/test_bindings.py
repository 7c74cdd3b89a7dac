"""What has no `${{` in any text, however deep, is the constant that it is; nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from exai_compiler.graph import Constant, bind
from exai_specs.frozen import Json

TEXTS = st.sampled_from(["", "a", "{{ a }}", "$ {{", "${{ steps.a.b }}", "a ${{ parameters.c }}"])
LEAVES = st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False))
VALUES: st.SearchStrategy[Json] = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(MappingProxyType)
    ),
    max_leaves=8,
)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)


@given(VALUES)
def test_a_value_without_an_expression_is_constant(value: Json) -> None:
    bound = bind(value)
    if any("${{" in text for text in _texts(value)):
        assert not isinstance(bound, Constant)
    else:
        assert isinstance(bound, Constant)
        assert bound.value is value
