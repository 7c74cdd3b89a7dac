"""Whether a feature repository may have changed, without opening it.

In: its folder, and Feast's store. Out: two values, of its settings and of its registry; either
differs when what it stands for may have. A registry that is no file on this machine may have
changed every minute.
"""

import time
from pathlib import Path
from typing import Any

_MINUTE = 60.0
_SQLITE = "sqlite:///"

Stamp = tuple[object, object]


def stamp_of(folder: Path, store: Any) -> Stamp:
    """Settings first, then the registry."""
    return _file(folder / "feature_store.yaml"), _registry(store)


def _registry(store: Any) -> object:
    path = str(getattr(store.config.registry, "path", ""))
    file = Path(path.removeprefix(_SQLITE))
    if "://" in path.removeprefix(_SQLITE) or not file.is_file():
        return int(time.monotonic() / _MINUTE)
    return _file(file), _file(file.with_name(f"{file.name}-wal"))


def _file(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
