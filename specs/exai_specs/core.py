"""The core of pydantic by itself: what reads values, and what it raises.

In: nothing. Out: three of its classes. Never: the package around it, which writes the types of
every schema down as it is imported: a seventh of the start of a command, for type checkers alone.
Whoever imports the package later finds the same classes in it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import PydanticCustomError, SchemaValidator, ValidationError

    __all__ = ["PydanticCustomError", "SchemaValidator", "ValidationError"]


def _core(package: str = "pydantic_core", name: str = "pydantic_core._pydantic_core") -> Any:
    around = None if package in sys.modules else PathFinder.find_spec(package)
    inside = around and PathFinder.find_spec(name, around.submodule_search_locations)
    if inside is None or inside.loader is None or name in sys.modules:
        return import_module(name)
    sys.modules[name] = found = module_from_spec(inside)
    inside.loader.exec_module(found)
    return found


if not TYPE_CHECKING:
    _found = _core()
    PydanticCustomError = _found.PydanticCustomError
    SchemaValidator = _found.SchemaValidator
    ValidationError = _found.ValidationError
