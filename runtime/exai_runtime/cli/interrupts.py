"""Interrupts while a command line is being loaded. It is imported first, and imports next to
nothing: `signal` and `contextlib` alone take long enough for somebody to press Ctrl-C.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # what `signal` is made of
import os

INTERRUPTED = 130  # 128 and the number of SIGINT


class EndsIt:
    """Inside, an interrupt is the end at once: nobody would catch it. Whoever catches interrupts
    already, or imports in another thread, keeps what they have."""

    def __enter__(self) -> None:
        self._mine = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
        if self._mine:
            try:
                _signal.signal(_signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
            except ValueError:  # another thread
                self._mine = False

    def __exit__(self, *_: object) -> None:
        if self._mine:
            _signal.signal(_signal.SIGINT, _signal.default_int_handler)
