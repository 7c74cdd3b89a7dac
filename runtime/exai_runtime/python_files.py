"""The Python files that specs name, as texts, and the modules around them.

In: the project's folder, its specs. Out: texts by path from exai.yaml's folder, the names of
modules that lie beside them, and what is wrong. Reads only files below the folder; imports and runs
nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from exai_compiler.python_code import function_of
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import FeatureViewSpec, PipelineSpec
from exai_specs.parse import Spec

_LARGEST = 1 << 20  # bytes; a function that is embedded may have a sixteenth of it


@dataclass(frozen=True, slots=True)
class PythonFiles:
    """`refused` are paths that a diagnostic speaks of already; `modules` are top-level names that
    an `import` would find in the project.
    """

    texts: Mapping[str, str]
    modules: frozenset[str]
    refused: frozenset[str]
    problems: tuple[Diagnostic, ...]


NO_FILES = PythonFiles(MappingProxyType({}), frozenset(), frozenset(), ())


def python_files(root: Path, specs: Iterable[Spec]) -> PythonFiles:
    """All of them, each read once. A file that isn't there is the checks' to tell."""
    texts: dict[str, str] = {}
    refused: dict[str, Diagnostic] = {}
    for spec, at, written in _named(specs):
        path, _ = function_of(spec.document.path, written)
        if path in texts or path in refused:
            continue
        try:
            text = _read(root, path)
        except ValueError as error:
            code = "path-leaves-project" if "leads out" in str(error) else "unreadable-file"
            refused[path] = Diagnostic(code, str(error), at)
            continue
        if text is not None:
            texts[path] = text
    modules = frozenset(_modules(root, texts)) if texts else frozenset[str]()
    return PythonFiles(
        MappingProxyType(texts), modules, frozenset(refused), tuple(refused.values())
    )


def _named(specs: Iterable[Spec]) -> Iterator[tuple[Spec, Span, str]]:
    for spec in specs:
        match spec.body:
            case PipelineSpec(steps=steps):
                for name, step in steps.items():
                    if step.python is not None:
                        yield spec, spec.at("spec", "steps", name, "python"), step.python
            case FeatureViewSpec(transform=transform) if transform is not None:
                yield spec, spec.at("spec", "transform", "python"), transform.python


def _read(root: Path, path: str) -> str | None:
    """None when it isn't there. Raises ValueError, for people."""
    place = Path(os.path.realpath(root / path))
    if not place.is_relative_to(os.path.realpath(root)):
        raise ValueError(f"`{path}` leads out of the project")
    try:
        if not place.exists():
            return None
        if not place.is_file():
            raise ValueError(f"`{path}` is no regular file")
        data = place.read_bytes() if place.stat().st_size <= _LARGEST else None
    except OSError as error:  # a name that is too long is one, too
        raise ValueError(f"can't read the file: {error.strerror}") from None
    if data is None:
        raise ValueError(f"`{path}` has more than {_LARGEST} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"`{path}` isn't UTF-8") from None


def _modules(root: Path, paths: Iterable[str]) -> Iterator[str]:
    """Names of Python files and packages in the root and in the folders of these files.

    Not those of the standard library, which an import finds everywhere.
    """
    for folder in sorted({root, *((root / path).parent for path in paths)}):
        try:
            entries = list(os.scandir(folder))
        except OSError:  # files in it can be read all the same
            continue
        for entry in entries:
            name, suffix = os.path.splitext(entry.name)  # noqa: PTH122 - of a DirEntry's name
            if name in sys.stdlib_module_names:
                continue
            if suffix == ".py" and name.isidentifier():
                yield name
            elif entry.is_dir() and entry.name.isidentifier() and _holds_python(entry.path):
                yield entry.name


def _holds_python(folder: str) -> bool:
    """A package, with or without an `__init__.py`."""
    try:
        return any(entry.suffix == ".py" for entry in Path(folder).iterdir())
    except OSError:
        return False
