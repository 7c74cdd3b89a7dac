"""A mistake in one place that several documents meet, such as a file of Python that five steps
name: told once, with all of their places.

In: diagnostics. Out: the same, those joined that differ in nothing but their related places and
their environments, and without those that come of others.
"""

from __future__ import annotations

from collections.abc import Iterable

from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span, also_of
from exai_specs.kinds import PipelineSpec, TuningSpec
from exai_specs.values import replace

MOST = 10
"""Related places of what was joined: more of them help nobody."""
# A reference that is one of these has no type that could be wrong, too.
_UNREAD = frozenset({"unknown-reference", "out-of-scope"})
# What a value of the wrong type isn't, either.
_OF_VALUES = frozenset({"bad-amount", "invalid-input"})
_MADE_BY_NOBODY = "model-without-producer"
_GONE, _TOO = "missing-file", "this asks for it, too"
Related = tuple[tuple[str, Span], ...]
_ANY = "\0"
About = tuple[str, Span | None, str, str, str]


def without_half_written(found: list[Diagnostic], project: Project) -> list[Diagnostic]:
    """Without what may come of a file that somebody is still writing."""
    if any(each.code == _MADE_BY_NOBODY for each in found) and _breaks_off(found, project):
        return [each for each in found if each.code != _MADE_BY_NOBODY]
    return found


def told_once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    found = list(found)
    unread = {each.at for each in found if each.code in _UNREAD}
    untyped = {each.at for each in found if each.code == "wrong-input-type"}
    # A step that waits for itself says enough of what it names, too.
    itself = {each.at for each in found if each.code == "step-cycle" and len(each.related) == 1}
    # Text where none can stand is told with what to write.
    wrong = {(each.at.path, each.at.line, each.hint) for each in found if each.severity == "error"}
    found = [
        each
        for each in found
        if not (each.code == "wrong-input-type" and each.at in unread)
        and not (each.code in _OF_VALUES and each.at in untyped)
        and not (each.code == "unknown-reference" and each.at in itself)
        and not (
            each.code == "half-expression" and (each.at.path, each.at.line, each.hint) in wrong
        )
    ]
    return joined(found)


def joined(found: Iterable[Diagnostic], files: bool = False) -> list[Diagnostic]:
    """Those that differ in nothing but related places, or in the environment that they name, are
    one. With `files` what names a file that isn't there is a related place, too: for when nobody
    compares environments any more.
    """
    first: dict[About, Diagnostic] = {}
    joined: dict[About, dict[tuple[str, Span], None]] = {}
    for each in found:
        gone = files and each.code == _GONE
        at = None if gone else each.at
        # What to do in the first of several environments helps in the others, too.
        message, hint = _of_any(each.message, each.environments), each.hint
        about: About = (each.code, at, each.severity, message, "" if each.environments else hint)
        before = first.setdefault(about, each)
        if before is not each:
            first[about] = _of_both(before, each)
            places = joined.setdefault(about, dict.fromkeys(before.related))
            if each.at != before.at:
                places[_TOO, each.at] = None
            places.update(dict.fromkeys(each.related))
    for about, places in joined.items():
        related = sorted(places, key=lambda each: (each[1], each[0])) if files else places
        first[about] = replace(first[about], related=some(tuple(related)))
    return list(first.values())


def _of_any(text: str, environments: tuple[str, ...]) -> str:
    """A text without the names of the environments that it is of, where it tells them first."""
    return _said(text, environments, _ANY, "environment") if environments else text


def _of_both(one: Diagnostic, other: Diagnostic) -> Diagnostic:
    """What says the same of other environments, as one."""
    both = also_of(one, other.environments)
    if both is one or not both.environments:
        return both
    now = _called(both.environments)
    return replace(both, message=_said(one.message, one.environments, now, "environments"))


def _said(text: str, environments: tuple[str, ...], names: str, word: str) -> str:
    """With other names, and another word before them."""
    before, found, after = text.partition(_called(environments))
    if not found:
        return text
    for each in ("environment ", "environments "):
        if before.endswith(each):
            before = f"{before.removesuffix(each)}{word} "
            break
    return f"{before}{names}{after}"


def _called(environments: tuple[str, ...]) -> str:
    *first, last = (f"`{name}`" for name in environments)
    return f"{', '.join(first)} and {last}" if first else last


def _breaks_off(found: Iterable[Diagnostic], project: Project) -> bool:
    """Whether a file with pipelines is wrong and doesn't end with a line's end, as one that is
    written halfway: what is missing in it may make a model."""
    makers = (PipelineSpec, TuningSpec)
    halves = {
        spec.document.path
        for spec in project.specs.values()
        if isinstance(spec.body, makers) and not spec.document.text.endswith(("\n", "\r"))
    }
    return any(each.at.path in halves and each.severity == "error" for each in found)


def some(related: Related) -> Related:
    """The first of them, with the number of the others."""
    if len(related) <= MOST:
        return related
    more, place = len(related) - MOST + 1, related[MOST - 1][1]
    return (*related[: MOST - 1], (f"and {more} more, from here", place))
