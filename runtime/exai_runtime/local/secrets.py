"""Where the value of a secret comes from on one machine. Only the launcher asks, to set a child's
environment.

In: references `{secret: NAME, key: KEY}` and an environment's `secrets:` mapping. Out: values, or
TargetError `secret-missing` that names the reference and every place that was looked at. Never: a
value in a message or a file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from exai_runtime.target import TargetError
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.values import frozen


@frozen
class Source:
    """`env`: variables that begin with `place`; `dir`: files below the folder `place`, absolute."""

    kind: Literal["env", "dir"]
    place: str


class Secrets:
    """`default` is the folder with a folder for each secret that no mapping names."""

    def __init__(self, environment: str, default: Path, sources: Mapping[str, Source]) -> None:
        self._environment = environment
        self._default = default
        self._sources = sources

    def value(self, name: str, key: str) -> str:
        """The secret's value. Raises TargetError when it isn't there."""
        found = self.find(name, key)
        if found is None:
            looked = " or ".join(self._places(name, key))
            raise TargetError(
                Diagnostic(
                    "secret-missing",
                    f"secret {name}, key {key}, isn't there: looked for {looked}",
                    Span("exai.yaml"),
                    hint="put it there, or say where it is: "
                    f"environments.{self._environment}.secrets.{name}",
                )
            )
        return found

    def find(self, name: str, key: str) -> str | None:
        """The value, without the newline that an editor leaves at a file's end; None if absent."""
        source = self._source(name)
        if source.kind == "dir":
            return _file(Path(source.place), key)
        names = variables(source.place, key)
        return next((os.environ[variable] for variable in names if variable in os.environ), None)

    def _source(self, name: str) -> Source:
        return self._sources.get(name, Source("dir", str(self._default / name)))

    def _places(self, name: str, key: str) -> tuple[str, ...]:
        source = self._source(name)
        if source.kind == "dir":
            return (str(Path(source.place) / key),)
        return tuple(f"${variable}" for variable in variables(source.place, key))


def variables(prefix: str, key: str) -> tuple[str, ...]:
    """The variables that may hold a key: as written, then in upper case with underscores."""
    upper = key.upper().replace("-", "_").replace(".", "_")
    return tuple(dict.fromkeys((prefix + key, prefix + upper)))


def _file(folder: Path, key: str) -> str | None:
    if key in ("", ".", "..") or "/" in key:
        return None
    try:
        return (folder / key).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        return None
