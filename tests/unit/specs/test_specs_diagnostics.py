"""Diagnostics are in one order, whatever the order they were found in."""

from __future__ import annotations

from exai_specs.diagnostics import Diagnostic, Span, has_errors, in_order

FIRST = Diagnostic("b", "first", Span("a.yaml", 1, 1))
NOTE = Diagnostic("a", "a note", Span("a.yaml", 1, 1), "note")
LATER = Diagnostic("a", "later", Span("a.yaml", 2, 1), "warning")


def test_order() -> None:
    assert in_order([LATER, NOTE, FIRST, NOTE]) == (FIRST, NOTE, LATER)


def test_errors_forbid_going_on() -> None:
    assert has_errors([NOTE, FIRST])
    assert not has_errors([NOTE, LATER])
    assert str(FIRST.at) == "a.yaml:1:1"


def test_what_differs_in_related_places_alone_has_an_order_too() -> None:
    one, other = (
        Diagnostic("b", "first", FIRST.at, related=(("here", Span("a.yaml", line)),))
        for line in (1, 2)
    )
    assert in_order([one, other, FIRST]) == in_order([other, FIRST, one, other])
    assert in_order([one, other, FIRST]) == (FIRST, one, other)
