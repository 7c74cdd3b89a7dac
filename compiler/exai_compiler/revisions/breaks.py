"""Consumers that can no longer work, and what stops being valid though nobody touched it.

In: the documents of the new revision, its problems. Out: `Break`s, each with its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exai_compiler.standing import standing_at
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.identity import Ref
from exai_specs.parse import Spec
from exai_specs.regexes import regex
from exai_specs.values import frozen

_QUOTED = regex(r"(?<=`)[^`]+(?=`)")


@frozen
class Break:
    """`consumer` can no longer work, says `why`. `because` is the chain from what changed down to
    the document that it needs, `ref`; `code` the diagnostic's, where a check says so. `at` is a
    place in the old revision where what stands there `is_gone`. `of_model`: it comes of what a
    model takes or gives, by way of the service `via` where `ref` is a graph; `before` is what has
    to happen first."""

    consumer: str
    ref: Ref
    at: Span
    why: str
    because: tuple[Ref, ...] = ()
    code: str = ""
    is_gone: bool = False
    of_model: bool = False
    via: Ref | None = None
    before: str = ""


def broken_documents(
    specs: Sequence[Spec],
    problems: tuple[Diagnostic, ...],
    changed: frozenset[Ref],
    blamed: tuple[Ref, ...] = (),
) -> Iterator[Break]:
    """Documents, or overlays, that nobody changed and that are wrong now: what they need is gone,
    or another one. Who is `blamed` is what the problem names, or all that there is to blame."""
    standing = standing_at(specs)
    named = {text: each for each in reversed(blamed) for text in (each.name, str(each))}
    order = {each: number for number, each in enumerate(blamed)}
    for problem in problems:
        if problem.severity != "error":
            continue
        number = standing(problem.at)
        spec = specs[number] if number is not None else None
        if spec is not None and spec.ref not in changed:
            why = problem.message
            alone = blamed[0] if len(blamed) == 1 else None
            told = [named[word] for word in _QUOTED.findall(why) if word in named]
            cause = min(told, key=order.__getitem__, default=alone)
            because = (spec.ref,) if cause is None else (cause, spec.ref)
            yield Break(str(spec.ref), spec.ref, problem.at, why, because, problem.code)
