"""feature_store.yaml as text.

In: the file as a mapping of scalars, two levels deep. Out: YAML. Feast expands `$NAME` in the whole
text before it reads it (os.path.expandvars), so only exai's own references have a dollar in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from exai_compiler.features.stores import REFERENCE, feast_project, store_of
from exai_compiler.project import Project
from exai_specs.frozen import digest
from exai_specs.kinds import Environment
from exai_specs.regexes import regex

_KEY = regex(r"[a-z_]+")
# All of YAML 1.1 that begins with a letter and is no text.
_NOT_TEXT = frozenset(("true", "false", "yes", "no", "on", "off", "null"))
_PATHS = ("/", "./", "../")
_PLAIN = regex(r"[A-Za-z0-9_./]([A-Za-z0-9_./:@+=-]*[A-Za-z0-9_/])?")


def store_file(project: Project, environment: Environment) -> str:
    """The file of an environment."""
    # The environment stays beside it, so no other one has its identity.
    text, _ = project.once(
        ("feature_store.yaml", id(environment)),
        lambda: (
            store_text(store_of(feast_project(project, environment), environment)),
            environment,
        ),
    )
    return text


def store_digest(project: Project, environment: Environment) -> str:
    """Of the file; all services of the environment are told it."""
    text = store_file(project, environment)
    return project.once(("digest of feature_store.yaml", text), lambda: digest(text))


def store_text(store: Mapping[str, Any]) -> str:
    """The whole file. Raises ValueError for a key that is none of Feast's."""
    return "".join(_lines(store, ""))


def _lines(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in values.items():
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no key of feature_store.yaml")
        if isinstance(value, Mapping):
            yield f"{indent}{key}:\n"
            yield from _lines(value, f"{indent}  ")
        else:
            yield f"{indent}{key}: {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    return _text(value) if isinstance(value, str) else str(value)


@lru_cache(maxsize=256)
def _text(value: str) -> str:
    if REFERENCE.fullmatch(value):
        # In single quotes nothing in the secret but a quote of its own can end the text.
        return f"'{value}'"
    plain = _PLAIN.fullmatch(value)
    letter = value[:1].isalpha() and value.lower() not in _NOT_TEXT
    if plain and (letter or value.startswith(_PATHS)):
        return value
    import yaml  # most projects need none of it

    if plain and value != "." * len(value) and yaml.safe_load(value) == value:
        return value
    quoted = yaml.safe_dump(value, default_style='"', width=float("inf"))
    return quoted.removesuffix("\n").replace("$", "\\x24")
