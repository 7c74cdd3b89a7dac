"""A SQLite database opened so that nothing is ever written to it, nor beside it.

In: the path of a database file. Out: a connection that reads it, or a copy of it in the step's
temporary folder. Opening a database with a write-ahead log makes SQLite write beside it (`-shm`,
`-wal`), even with `mode=ro` (https://www.sqlite.org/wal.html, "Read-Only Databases"); a rollback
journal that a crash left needs a write, too.
"""

import shutil
import sqlite3
import tempfile
from pathlib import Path

from exai_components.outcome import StepFailure

_COPIES = 5  # attempts at a copy that nobody wrote to meanwhile
_WAL = b"\x02\x02"  # bytes 18 and 19 of the file's header (https://www.sqlite.org/fileformat.html)


def open_sqlite(path: Path) -> sqlite3.Connection:
    """A connection that sees all that was committed. Raises sqlite3.Error, StepFailure."""
    if _has_log(path, "-wal"):
        return _open_copy(path, "-wal")
    with path.open("rb") as stream:
        settled = stream.read(20)[18:] == _WAL  # all of it stands in the one file
    mode = "immutable=1" if settled else "mode=ro"
    found = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True)
    try:
        found.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        found.close()
        busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if busy or not _has_log(path, "-journal"):
            raise
        return _open_copy(path, "-journal")
    except sqlite3.Error:
        found.close()
        raise
    return found


class _Copy(sqlite3.Connection):
    """Takes its folder with it when it is closed."""

    folder: "tempfile.TemporaryDirectory[str] | None" = None

    def close(self) -> None:
        super().close()
        if self.folder is not None:
            self.folder.cleanup()


def _open_copy(path: Path, log: str) -> sqlite3.Connection:
    folder = tempfile.TemporaryDirectory(prefix="exai-")
    try:
        copy = Path(folder.name) / "copy.db"
        files = {path: copy, Path(f"{path}{log}"): Path(f"{copy}{log}")}
        for _ in range(_COPIES):
            before = _looks(files)
            for source, target in files.items():
                target.unlink(missing_ok=True)
                if source.exists():
                    shutil.copyfile(source, target)
            if _looks(files) == before:
                break
        else:
            raise StepFailure(
                "busy-database",
                f"{path} was written to whenever it was about to be read",
                "Read it while nobody writes to it",
                final=False,
            )
        found = sqlite3.connect(copy, factory=_Copy)
    except BaseException:
        folder.cleanup()
        raise
    found.folder = folder
    return found


def _looks(files: dict[Path, Path]) -> list[tuple[int, int] | None]:
    """What changes when a file is written to; None for one that isn't there."""
    return [
        (file.stat().st_size, file.stat().st_mtime_ns) if file.exists() else None for file in files
    ]


def _has_log(path: Path, log: str) -> bool:
    file = Path(f"{path}{log}")
    return file.exists() and file.stat().st_size > 0
