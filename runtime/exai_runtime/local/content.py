"""Content hashes of files, with a cache of what a file looked like when it was hashed. The cache is
disposable.

In: paths. Out: SHA-256 digests. A file is hashed again when its size, times or inode differ from
what the cache remembers; one that was written to within the last two seconds is never remembered,
because a second write might leave the same time.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

from exai_runtime.whole_file import write_whole

_YOUNG = 2_000_000_000  # nanoseconds


class ContentCache:
    """Digests by path. `save` writes what was learnt, and fails silently: it is only a cache."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = self._load()
        self._changed = False

    def digest(self, path: Path) -> str:
        """SHA-256 of the file's bytes, in hexadecimal. Raises OSError when it can't be read."""
        with path.open("rb") as stream:
            found = os.fstat(stream.fileno())
            look = [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
            known = self._known.get(str(path))
            if known is not None and known[:4] == look:
                return str(known[4])
            started = time.time_ns()
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if max(found.st_mtime_ns, found.st_ctime_ns) < started - _YOUNG:
            self._known[str(path)] = [*look, digest]
            self._changed = True
        return digest

    def save(self) -> None:
        if not self._changed:
            return
        self._changed = False
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(self._known))
        except OSError:
            return

    def _load(self) -> dict[str, list[object]]:
        try:
            value = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        good = isinstance(value, dict) and all(
            isinstance(i, list) and len(i) == 5 for i in value.values()
        )
        return value if good else {}
