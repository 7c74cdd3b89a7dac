"""What a component says of itself, as values."""

from __future__ import annotations

from pathlib import Path

import pytest

from exai_compiler.catalog import Limit, Port, default_of, json_in, parse_component

COMPONENTS = Path(__file__).parents[3] / "components/exai_components"


def test_limits_are_read() -> None:
    split = parse_component((COMPONENTS / "split_data/component.yaml").read_text(), "split")
    assert split.limits == {"test": Limit(above=0, below=1)}
    train = parse_component((COMPONENTS / "train_h2o/component.yaml").read_text(), "train")
    assert train.limits == {"algorithm": Limit(enum=("gbm", "drf", "glm", "automl"))}


def test_a_limit_that_nobody_knows_is_refused() -> None:
    text = (COMPONENTS / "split_data/component.yaml").read_text().replace('"above"', '"over"')
    with pytest.raises(ValueError, match="split: limits are enum, above and below"):
        parse_component(text, "split")


def test_what_a_component_converts_itself_is_read() -> None:
    text = (COMPONENTS / "train_sklearn/component.yaml").read_text()
    assert parse_component(text, "train").converts == ("parameters",)


@pytest.mark.parametrize(
    ("type_", "written"),
    [
        ("double", "NaN"),
        ("double", "1e999"),
        ("struct", '{"a": [NaN]}'),
        ("list", '["\\ud800"]'),
        ("list", "[" * 65 + "]" * 65),
        ("list", "[" * 100_000 + "]" * 100_000),
        ("list", "[" * 100_000),
    ],
)
def test_a_default_that_nobody_could_read_again_is_none(type_: str, written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        default_of(Port("a", type_, True, written))


def test_json_as_deep_as_yaml_may_be_is_read() -> None:
    assert json_in('{"a": ' * 31 + "[" * 33 + "]" * 33 + "}" * 31)
