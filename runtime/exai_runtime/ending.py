"""The end of a process. In: an exit code, and what is so large that nobody should free it.

Python frees value after value: of a project of ten thousand documents that takes a tenth of a
second, for memory that the system takes back at once.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from typing import NoReturn, TypeVar

T = TypeVar("T")

_last: dict[type, object] = {}


def spared(value: T) -> T:
    """The value, kept until the end of the process, or until the next one of its class."""
    _last[type(value)] = value
    return value


def end(code: int) -> NoReturn:
    """Ends this process with a code, when all has been done that was to be done at its end.

    Raises SystemExit where another thread is still at work, or a profiler waits for the end.
    """
    if threading.active_count() > 1 or _is_profiled():
        sys.exit(code)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # whoever read it has left, or it is closed
            stream.flush()
    os._exit(code)


def _is_profiled() -> bool:
    # From Python 3.12 on a profiler is a tool of another interface, and no such function.
    tools = getattr(sys, "monitoring", None)
    return sys.getprofile() is not None or bool(tools and tools.get_tool(tools.PROFILER_ID))
