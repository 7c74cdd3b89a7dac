"""Imports that a step can do without.

Great Expectations, MLflow and their like import much that one step never calls. Python itself
offers two ways to leave that out, both documented, neither of which touches the library:
`sys.modules[name] = None` makes an import fail as if the package weren't installed, which these
libraries handle because the package is optional to them; and `importlib.util.LazyLoader` puts an
import off until the module is used.
Never hides a package that the step itself uses: each caller names its own list, and says why.
"""

import gc
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class _Postponed:
    """A finder that answers for the named modules only, with a loader that waits for first use."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(names)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name in self.names else None
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


@contextmanager
def without(absent: Sequence[str] = (), postponed: Sequence[str] = ()) -> Iterator[None]:
    """While this lasts, `absent` packages count as not installed, `postponed` modules load late.

    Modules that are already imported stay as they are. The garbage collector pauses meanwhile: an
    import makes many objects and hardly any garbage.
    """
    hidden = [name for name in absent if name not in sys.modules]
    finder = _Postponed(postponed)
    collecting = gc.isenabled()
    gc.disable()
    sys.meta_path.insert(0, finder)
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name, finder) is None:
                del sys.modules[name]
        sys.meta_path.remove(finder)
        if collecting:
            gc.enable()
