"""What to keep of a check, so that the next one needn't do it again.

In: a checked project. Out: a `Kept`, which says all that the result depends on. Judges nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from typing import Any

from exai_compiler.named_files import asked_files
from exai_compiler.neighbours import EVERYBODY, groups, names_of, words_of
from exai_runtime.compiling import Checked
from exai_runtime.last_check import File, Kept, Stamp, stamp_of
from exai_runtime.lock_file import FILE as LOCK
from exai_runtime.packs import digest_of
from exai_runtime.two_processes import spread_over
from exai_specs.diagnostics import MORE, has_errors
from exai_specs.kinds import ManifestSpec, ProjectSpec
from exai_specs.kinds.patches import patches_of
from exai_specs.parse import Spec

# What a check depends on and the stamps of these files don't tell.
_UNSEEN = frozenset({"unreadable-file", "unread-file", "path-leaves-project"})


def kept(checked: Checked, entries: tuple[tuple[str, str], ...], began: int) -> Kept | None:
    """What to keep of a check that began at this time (in nanoseconds); None where what it depends
    on can't be told by looking at files."""
    loaded, project = checked.loaded, checked.project
    problems = loaded.diagnostics
    if project is None or loaded.python.problems or any(p.code in _UNSEEN for p in problems):
        return None
    documents: dict[str, list[Spec]] = {path: [] for path in loaded.files}
    for spec in (*project.all, *project.overlays):
        documents[spec.document.path].append(spec)
    asked: dict[str, list[str]] = {}
    everything = [spec for each in (project, *loaded.overlaid.values()) for spec in each.all]
    for spec, _, path in asked_files(everything):
        asked.setdefault(spec.document.path, []).append(path)

    def looked_at(path: str) -> File | None:
        # A plain function: a Path for each of 10,000 files is time.
        about = os.lstat(os.path.join(loaded.root, path))  # noqa: PTH118
        if not stat.S_ISREG(about.st_mode):
            return None
        digest = digest_of(loaded.sources[path].encode())
        return file_of(documents[path], stamp_of(about, began), digest, asked.get(path, ()))

    files: dict[str, File] = {}
    with spread_over(len(documents))(looked_at, list(documents)) as found:
        for path, file in zip(documents, found, strict=True):
            if file is None:
                return None
            files[path] = file
    reusable = (
        not problems
        and not has_errors(checked.diagnostics)
        and not project.overlays
        and all(each.at.path in files and each.code != MORE for each in checked.diagnostics)
        and not any(is_everybodys(file) and file.patched for file in files.values())
    )
    texts = loaded.python.texts
    lock = loaded.sources.get(LOCK)
    return Kept(
        project=project.name,
        entries=entries,
        files=files,
        groups=grouped(files),
        found=checked.diagnostics,
        python={
            path: digest_of(texts[path].encode()) if path in texts else None
            for paths in asked.values()
            for path in paths
        },
        modules=tuple(sorted(loaded.python.modules)),
        reusable=reusable,
        lock=None if lock is None else digest_of(lock.encode()),
    )


def grouped(files: Mapping[str, File]) -> dict[str, int]:
    """Numbers of those that matter to some: what matters to all is in no group."""
    some = {path: file for path, file in files.items() if not is_everybodys(file)}
    names = {path: file.names for path, file in some.items()}
    return groups(names, {path: file.words.split("\n") for path, file in some.items()})


def file_of(specs: Iterable[Spec], stamp: Stamp | None, digest: bytes, asks: Iterable[str]) -> File:
    """A file with these documents."""
    refs: list[tuple[str, str]] = []
    names: set[str] = set()
    words: set[str] = set()
    patched = False
    for spec in specs:
        refs.append((spec.ref.kind, spec.ref.name))
        names |= names_of(spec)
        words |= words_of(spec)
        patched = patched or isinstance(spec.body, ManifestSpec) or bool(patches_of(spec.body))
    text = "\n".join(("", *sorted(words), ""))
    return File(stamp, digest, tuple(refs), tuple(sorted(names)), text, tuple(asks), patched)


def is_everybodys(file: File) -> bool:
    """Whether documents that don't name one of these may depend on it."""
    return any(kind in EVERYBODY for kind, _ in file.refs)


def entries_of(checked: Checked, kind: Any) -> tuple[tuple[str, str], ...]:
    """What `spec.specs` names, and what stands there."""
    body = checked.project.root.body if checked.project is not None else None
    named = body.specs if isinstance(body, ProjectSpec) else ()
    return tuple([(entry, kind(entry)) for entry in named])
