"""Ranges of versions: what they hold, and what isn't one."""

from __future__ import annotations

import pytest

from exai_specs.version_ranges import fits, parse_range


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=0.4,<0.5", ("0.4", "0.4.0", "0.4.17"), ("0.3.9", "0.5", "0.5.0", "1.4")),
        (">0.4, <=1", ("0.4.1", "1", "1.0.0"), ("0.4.0", "1.0.1")),
        ("==0.10", ("0.10.0",), ("0.1", "0.1.0", "0.10.1")),
        ("!=0.2", ("0.2.1", "0.20"), ("0.2.0",)),
        (">=0.4", ("0.4.0rc1", "0.4.0.dev1"), ("", "x")),
    ],
)
def test_what_is_in_a_range(text: str, inside: tuple[str, ...], outside: tuple[str, ...]) -> None:
    range_ = parse_range(text)
    assert [version for version in inside if not fits(version, range_)] == []
    assert [version for version in outside if fits(version, range_)] == []


@pytest.mark.parametrize(
    "text", ["", "0.4", "~=0.4", ">=0.4;<0.5", ">=0.4,", ">= 0.4", ">=0.4,<0.5\n", "^1", ">=1.x"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="comparisons"):
        parse_range(text)
