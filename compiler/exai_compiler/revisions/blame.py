"""Whom to blame for who can no longer work.

In: breaks, how far the fields of each document that changed reach. Out: for each document that
breaks those that changed and are to blame, and how severe that makes these. Never: what changed
beside it, and has no part in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from exai_compiler.revisions.breaks import Break
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.values import frozen


@frozen
class Blame:
    """`causes`: what is to blame, by the document that breaks. `worst`: how severe what changed is
    by the callers that it breaks, now or once a run or a person has done their part: alone to
    blame, it is breaking; beside others, as far as its own fields reach. `certain` is what the
    chain of a break names, or what alone is to blame for one."""

    causes: Mapping[Ref, frozenset[Ref]]
    worst: Mapping[Ref, Effect]
    certain: frozenset[Ref]


def blame_of(
    breaks: Iterable[Break], roots: Mapping[Ref, Effect], near: Callable[[Ref], frozenset[Ref]]
) -> Blame:
    """`roots` are the documents that changed, `near` those of them that another one comes from."""
    causes: defaultdict[Ref, frozenset[Ref]] = defaultdict(frozenset)
    worst: dict[Ref, Effect] = {}
    certain: set[Ref] = set()
    for each in breaks:
        named = _named(each, roots)
        told = frozenset(ref for ref in each.because if ref in roots)
        to_blame = named or told | near(each.via or each.ref)
        certain |= to_blame if named or len(to_blame) == 1 else frozenset()
        causes[each.ref] |= to_blame
        for ref in to_blame:
            most = Effect.BREAKING if len(to_blame) == 1 else roots[ref]
            worst[ref] = max(most, worst.get(ref, Effect.METADATA))
    return Blame(causes, worst, frozenset(certain))


def _named(broken: Break, roots: Mapping[Ref, Effect]) -> frozenset[Ref]:
    """What changed above it, as its own chain says; it alone where it changed by itself. A chain
    to a model is one of several: many documents make it what it is."""
    above = broken.because[:-1] or broken.because
    return frozenset(() if broken.of_model else (ref for ref in above if ref in roots))
