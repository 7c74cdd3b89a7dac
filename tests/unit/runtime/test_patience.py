"""Calls that have to come to an end."""

from __future__ import annotations

from functools import partial
from threading import Barrier, Event

import pytest

from exai_runtime.patience import side_by_side, within


def test_what_calls_come_to_is_in_their_order() -> None:
    assert side_by_side([partial(int, str(n)) for n in range(40)]) == list(range(40))
    assert side_by_side([]) == []


def test_they_are_under_way_at_the_same_time() -> None:
    meeting = Barrier(2)
    assert sorted(side_by_side([partial(meeting.wait, 10)] * 2)) == [0, 1]


def test_the_first_failure_is_raised_when_all_have_ended() -> None:
    ended = Event()
    with pytest.raises(ValueError, match="'a'"):
        side_by_side([partial(int, "a"), partial(int, "b"), ended.set])
    assert ended.is_set()


def test_a_call_without_an_end_is_given_up() -> None:
    ended = Event()
    with pytest.raises(TimeoutError, match=r"in 0\.01 seconds"):
        within(0.01, ended.wait)
    ended.set()
