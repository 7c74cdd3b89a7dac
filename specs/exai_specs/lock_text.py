"""The text of `exai.lock`.

In: a `LockFile`. Out: what the file says of it, sorted, a line a pin. Never: whether it can be read
again, for a registry may tell what no lock takes; `lock_reading.as_read` says that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from exai_specs.kinds import API_VERSION
from exai_specs.lock import KIND, LockFile, Pinned
from exai_specs.regexes import regex

_PLAIN = regex(r"[A-Za-z][A-Za-z0-9_@-]*")

_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})

_HEADER = (
    "# What aliases of models and tags of images mean, by environment."
    " `exai lock` writes it; commit it.\n"
)


def lock_text(lock: LockFile) -> str:
    """The file: sorted, one line a pin, so that two people's changes meet in one place or none."""
    lines = [_HEADER, f"apiVersion: {API_VERSION}\n", f"kind: {KIND}\n"]
    environments = {
        name: pins for name, pins in lock.environments.items() if pins.models or pins.images
    }
    lines.append("environments:\n" if environments else "environments: {}\n")
    for name, pins in sorted(environments.items()):
        lines.append(f"  {_scalar(name)}:\n")
        if pins.images:
            lines.append("    images:\n")
        for key, digest in sorted(pins.images.items()):
            lines.append(f"      {_scalar(key)}: {_scalar(digest)}\n")
        if pins.models:
            lines.append("    models:\n")
        for key, pin in sorted(pins.models.items()):
            lines.append(f"      {_scalar(key)}: {_mapping(_written(pin))}\n")
    return "".join(lines)


def _written(pin: Pinned) -> dict[str, str]:
    metrics = {name: _number(value) for name, value in sorted(pin.metrics.items())}
    return {
        "version": str(pin.version),
        "uri": _scalar(pin.uri),
        **({"digest": _scalar(pin.digest)} if pin.digest is not None else {}),
        **({"format": _scalar(pin.format)} if pin.format is not None else {}),
        **({"runKey": _scalar(pin.run_key)} if pin.run_key is not None else {}),
        **({"metrics": _mapping(metrics)} if metrics else {}),
    }


def _mapping(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_scalar(name)}: {text}" for name, text in values.items()) + "}"


def _number(value: float) -> str:
    """The shortest text that means it; the language has no exponents."""
    return format(Decimal(repr(value)), "f")


def _scalar(text: str) -> str:
    """Plain where nobody can take it for anything but text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())
