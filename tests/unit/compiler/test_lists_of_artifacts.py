"""No literal is a list of artifacts, an empty one neither: only steps make artifacts."""

import pytest

from exai_compiler.checks.port_types import fits, misfits
from exai_specs.types import ListOf, Scalar

MODELS = ListOf(Scalar("Model"))


@pytest.mark.parametrize("value", [(), ("a",), "a", 3])
def test_no_literal_is_one(value: object) -> None:
    assert not fits(value, MODELS)  # type: ignore[arg-type]
    ((path, message, _),) = misfits(value, MODELS)  # type: ignore[arg-type]
    assert path == ()
    assert message.startswith("must be a list of Model that a step makes")


def test_an_empty_list_of_texts_is_one() -> None:
    assert list(misfits((), ListOf(Scalar("string")))) == []
