"""What one machine serves nothing of: large language models, and runtimes of the users' own.

In: changes, or breaks, and both environments. Out: the same, without what would only follow where
something comes of such a document. Never: a graph, whose services are asked on one machine, too.
"""

from __future__ import annotations

from collections.abc import Iterable

from exai_compiler.revisions.breaks import Break
from exai_compiler.revisions.documents import DocumentChange
from exai_specs.effects import Effect
from exai_specs.identity import Ref
from exai_specs.kinds import Environment
from exai_specs.values import replace


def is_absent(ref: Ref, environment: Environment) -> bool:
    """Whether nothing is there of a document, whatever it says."""
    return environment.target == "local" and ref.kind in _UNSERVED


_UNSERVED = ("LLMService", "Runtime")
"""As the notes of the environment say (`parity_fields.ABSENT`)."""


def without_effect(change: DocumentChange) -> DocumentChange:
    """A changed document of which nothing is there."""
    fields = tuple(replace(each, effect=Effect.METADATA) for each in change.fields)
    return replace(change, fields=fields, impact=Effect.METADATA)


def less_absent(breaks: Iterable[Break], old: Environment, new: Environment) -> tuple[Break, ...]:
    """Without those of documents that nobody could call before, nor can now."""
    return tuple(
        each for each in breaks if not is_absent(each.ref, old) or not is_absent(each.ref, new)
    )
