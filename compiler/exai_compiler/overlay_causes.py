"""Which line of which overlay is behind a problem that stands elsewhere: what a patch removes or
replaces may be what another line needs.

In: the problems of an environment, and what its overlays touch. Out: for each problem the place
without which there would be none, if there is one. Never: a guess, so each place is tried, the
most likely first and a bounded number of them; judging.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from exai_specs.diagnostics import Diagnostic, Span, has_errors
from exai_specs.documents import Path
from exai_specs.identity import Ref
from exai_specs.overlays import PATCH, overlaid, patch_of, touched
from exai_specs.parse import Spec, parse
from exai_specs.regexes import regex
from exai_specs.values import frozen, replace

Again = Callable[["Touch"], Collection[Diagnostic] | None]
"""The problems there would be if a place weren't touched; None where that can't be said."""

Patches = Mapping[Ref, Iterable[Spec]]
"""The overlays of one environment by the document that they patch."""

OF_OBJECTS = (
    *("manifest-clash", "newer-field", "patch-invalid", "patch-not-allowed"),
    *("patch-shadows-field", "patch-unused", "restricted-pod"),
)
"""Codes of what is judged by rendered objects, and so only where nothing else is wrong."""

_MOST_CHECKS = 32
_MOST_DOCUMENTS = 20_000
_WORD = regex(r"\w+")


@frozen
class Touch:
    """A path of a document that an overlay removes or sets."""

    ref: Ref
    overlay: Spec
    path: Path
    removed: bool

    @property
    def said(self) -> tuple[str, Span]:
        """For people, with its place."""
        what = "removed" if self.removed else "changed"
        return f"{what} by {self.overlay.ref}", self.overlay.key_at(*PATCH, *self.path)


def touches(base: Mapping[Ref, Spec], patches: Patches) -> Iterator[Touch]:
    """What overlays take away: values of the documents that they remove or replace."""
    for ref, overlays in patches.items():
        document = base[ref].document
        for overlay in overlays:
            for path, value in touched(patch_of(overlay.document)):
                if path[-1] in document.keys(path[:-1]):
                    yield Touch(ref, overlay, path, value is None)


def most_checks(documents: int) -> int:
    """How many times a project of this size may be checked again."""
    return max(1, min(_MOST_CHECKS, _MOST_DOCUMENTS // max(1, documents)))


def untouched(base: Spec, overlays: Iterable[Spec], touch: Touch) -> Spec | None:
    """The document as it would be without one thing that its overlays say; None where it would be
    none."""
    document = overlaid(base.document, [each.document for each in overlays], touch.path)
    found = parse(document)
    return found if isinstance(found, Spec) else None


def causes(
    problems: Iterable[Diagnostic], tried: Iterable[Touch], again: Again, most: int = _MOST_CHECKS
) -> Mapping[Diagnostic, Touch]:
    """What each of the problems comes from, as far as `most` tries tell it."""
    open_ = list(problems)
    found: dict[Diagnostic, Touch] = {}
    for touch in _likely_first(tried, open_)[:most] if open_ else ():
        there = _without(touch, again)
        if there is None:
            continue
        kept = {(each.code, each.at) for each in there}
        hidden = OF_OBJECTS if has_errors(there) else ()
        found |= {
            each: touch
            for each in open_
            if (each.code, each.at) not in kept and each.code not in hidden
        }
        open_ = [each for each in open_ if each not in found]
        if not open_:
            break
    return found


def _without(touch: Touch, again: Again) -> Collection[Diagnostic] | None:
    """The problems there would be without it, or, where the rest makes no document without it,
    without all that is patched beside it."""
    for length in range(len(touch.path), 0, -1):
        there = again(replace(touch, path=touch.path[:length]))
        if there is not None:
            return there
    return None


def in_a_patch(problem: Diagnostic, patched: Callable[[Span], Spec | None]) -> bool:
    """Whether a problem shows a place in an overlay by itself, of those that are `patched_at`."""
    return any(
        spec.document.onto(at) is not None
        for at in (problem.at, *(at for _, at in problem.related))
        if (spec := patched(at)) is not None
    )


def _likely_first(touches_: Iterable[Touch], problems: Iterable[Diagnostic]) -> list[Touch]:
    """What a problem speaks of, then what is removed, then the rest."""
    words = {word for each in problems for word in _WORD.findall(f"{each.message} {each.hint}")}

    def unlikely(touch: Touch) -> tuple[bool, bool, str]:
        named = any(word in words for word in _WORD.findall(str(touch.path[-1])))
        return not named, not touch.removed, str(touch.said[1])

    return sorted(touches_, key=unlikely)
