"""Which runtime serves a model, and by what version of its format: decided here and written out,
never left to a cluster (targets 1.5).

In: a format, a protocol, what the document asks for, the runtimes that are there. Out: a runtime
with the version of the format, or why there is none. What is asked for counts; else the first of
those there that fits.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from exai_compiler.backends.kserve.formats import SKLEARN
from exai_compiler.backends.kserve.runtime import PROTOCOLS, SERVED
from exai_compiler.backends.kserve.shipped import Runtime
from exai_specs.values import frozen


@frozen
class Chosen:
    """`runtime` is None for a name that only the platform knows."""

    name: str
    version: str | None
    runtime: Runtime | None


@frozen
class NoRuntime:
    """`others`: what could be instead, for a hint."""

    why: Literal["format", "version", "protocol"]
    others: tuple[str, ...]


EXAIS: tuple[Runtime, ...] = tuple(
    Runtime(served.runtime, {served.format: (served.version,)}, PROTOCOLS, (served.format,))
    for served in SERVED.values()
)
_EXAIS = frozenset(each.name for each in EXAIS)


def choose(
    format_: str,
    version: str | None,
    protocol: str,
    asked: str | None,
    known: Collection[Runtime],
    with_digest: bool,
) -> Chosen | NoRuntime:
    """`with_digest`: the files are a folder of exai's steps, which exai's servers read."""
    if asked is not None:
        named = next((each for each in known if each.name == asked), None)
        if named is None:
            return Chosen(asked, version, None)
        candidates: tuple[Runtime, ...] = (named,)
    else:
        candidates = tuple(
            each
            for each in known
            if format_ in each.chosen and (with_digest or each.name != f"exai-{SKLEARN}")
        )
    for each in candidates:  # nearly always one fits
        if format_ in each.formats and each.serves(format_, version) and each.offers(protocol):
            return Chosen(each.name, each.version(format_, version), each)
    return _why_none(format_, version, candidates, known)


def _why_none(
    format_: str,
    version: str | None,
    candidates: Collection[Runtime],
    known: Collection[Runtime],
) -> NoRuntime:
    serving = [each for each in candidates if format_ in each.formats]
    if not serving:
        formats = sorted({name for each in (candidates or known) for name in each.formats})
        return NoRuntime("format", tuple(formats))
    fitting = [each for each in serving if each.serves(format_, version)]
    if not fitting:
        versions = sorted({number for each in serving for number in each.formats[format_]})
        return NoRuntime("version", tuple(versions))
    return NoRuntime("protocol", tuple(sorted({p for each in fitting for p in each.protocols})))


def is_exais(name: str) -> bool:
    """Whether exai's own server serves it."""
    return name in _EXAIS
