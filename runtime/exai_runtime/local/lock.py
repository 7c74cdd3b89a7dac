"""One apply at a time. The lock is the kernel's (flock), so it goes with its holder, whatever kills
it.
"""

from __future__ import annotations

import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span


class ApplyLock:
    """Holds `apply.lock` between enter and exit. Raises TargetError `apply-running` when somebody
    else has it.
    """

    def __init__(self, path: Path, shown: str) -> None:
        self._path = path
        self._shown = shown
        self._file: int | None = None

    def __enter__(self) -> ApplyLock:
        # Opening never truncates: what stands there says who holds the lock.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            said = os.pread(descriptor, 4096, 0)
            os.close(descriptor)
            raise TargetError(_running(said, self._shown)) from None
        text = json.dumps(
            {"pid": os.getpid(), "since": datetime.now(UTC).astimezone().isoformat("T", "seconds")}
        )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
        self._file = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def holder(path: Path) -> str | None:
    """Who holds the lock, in words (` by process 7 since ...`); None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _who(os.pread(descriptor, 4096, 0))
    else:
        return None
    finally:
        os.close(descriptor)


def _who(said: bytes) -> str:
    try:
        found = json.loads(said)
        return f" by process {int(found['pid'])} since {found['since']}"
    except (ValueError, KeyError, TypeError):
        return ""


def _running(said: bytes, shown: str) -> Diagnostic:
    who = _who(said)
    return Diagnostic(
        "apply-running",
        f"another apply of this environment is running: the lock is held{who}",
        Span(shown),
        hint="wait until it has ended, or end it; the next apply takes up what it left",
    )
