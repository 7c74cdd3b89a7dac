"""Imports that a step can do without.

Great Expectations, MLflow and their like import much that one step never calls. A finder, Python's
own hook for it, leaves that out without touching the libraries: a package that is optional to them
can count as not installed, and a module can wait for its first use (`importlib.util.LazyLoader`).
Never hides a package that the step itself uses: each caller names its own list, and says why.
"""

import gc
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class _Sparing:
    """Answers for the named modules only: not installed, or a loader that waits for first use."""

    def __init__(self, absent: Sequence[str], postponed: Sequence[str]) -> None:
        self.absent = frozenset(absent)
        self.postponed = frozenset(postponed)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in self.absent:
            raise ModuleNotFoundError(f"{name} is left out of this step", name=name)
        spec = PathFinder.find_spec(name, path, target) if name in self.postponed else None
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


@contextmanager
def without(absent: Sequence[str] = (), postponed: Sequence[str] = ()) -> Iterator[None]:
    """While this lasts, `absent` packages count as not installed, `postponed` modules load late.

    Modules that are already imported stay as they are. The garbage collector pauses meanwhile: an
    import makes many objects and hardly any garbage.
    """
    finder = _Sparing(absent, postponed)
    collecting = gc.isenabled()
    gc.disable()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        if collecting:
            gc.enable()
