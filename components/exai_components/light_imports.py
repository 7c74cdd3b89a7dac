"""Imports that a step can do without.

Great Expectations, MLflow and their like import much that one step never calls. A finder, Python's
own hook for it, leaves that out without touching the libraries: a package that is optional to them
can count as not installed, and a module can wait for its first use (`importlib.util.LazyLoader`).
A module of which functions are taken by name, which would be its first use, is stood in for.
Never hides a package that the step itself uses: each caller names its own list, and says why.
"""

import gc
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import MappingProxyType, ModuleType
from typing import Any


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


class _StandIn(ModuleType):
    """A module in the place of another, which is imported at the first use of anything in it."""

    def __init__(self, name: str, functions: Sequence[str]) -> None:
        super().__init__(name)
        for function in functions:
            setattr(self, function, _called_later(name, function))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_real(self.__name__), name)


def _called_later(module: str, function: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(_real(module), function)(*args, **kwargs)

    call.__name__ = call.__qualname__ = function
    return call


def _real(name: str) -> ModuleType:
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        part = ".".join(parts[:count])
        if isinstance(sys.modules.get(part), _StandIn):
            del sys.modules[part]
    package, _, inner = name.rpartition(".")
    if package:  # which may call another module so: fastapi.status is starlette's
        found = getattr(importlib.import_module(package), inner, None)
        if isinstance(found, ModuleType):
            return found
    return importlib.import_module(name)


@contextmanager
def standing_in(modules: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """While this lasts, `modules` aren't imported, whoever asks: each stands for the real one until
    something of it is used, but for the functions named here until they are called.

    Whoever has got one keeps it, and gets the real one's attributes by it. Modules inside of one
    that is a package can't be imported meanwhile.
    """
    stand_ins = {
        name: _StandIn(name, functions)
        for name, functions in modules.items()
        if name not in sys.modules
    }
    for name, stand_in in stand_ins.items():
        package, _, inner = name.rpartition(".")
        if package in stand_ins:
            setattr(stand_ins[package], inner, stand_in)
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


# Of scipy.stats, half of what importing scikit-learn takes, its modules name these functions.
_OF_STATS = MappingProxyType({"scipy.stats": ("gmean", "rankdata", "spearmanr")})


def import_sklearn(*modules: str) -> None:
    """Import modules of scikit-learn (1.9) without the pandas and the scipy.stats that they name:
    what scores, splits and trains uses neither. Whoever does use scipy.stats gets it then.
    """
    with without(absent=("pandas",)), standing_in(_OF_STATS):
        for name in modules:
            importlib.import_module(name)


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
