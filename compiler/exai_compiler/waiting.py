"""Which documents wait for those that can't be read.

In: documents, and what is known of unread ones. Out: the numbers of the documents that these may
matter to, by words and names. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set

from exai_compiler.neighbours import names_of, words_of
from exai_compiler.unread import Unread
from exai_specs.parse import Spec

# Nobody but these names one of those.
_NAMED_BY_FEW = frozenset({"Graph", "LLMService", "Notebook", "Service"})
_NAMING_THEM = frozenset({"Graph", "Manifest", "Overlay", "Project"})
# What is told of them comes of what those say that name them.
_JUDGED_BY_OTHERS = frozenset({"Entity", "Model"})
MAKERS = frozenset({"Pipeline", "Tuning", None})
# A Runtime may serve each of them.
_SERVED = frozenset({"Graph", "LLMService", "Service"})


def waiting_for_unread(
    specs: Sequence[Spec], unread: Collection[Unread], naming_one: Iterable[int] = ()
) -> Set[int]:
    """The numbers of the documents that something unread may matter to; it does to those that are
    `naming_one` of them."""
    kinds = [spec.ref.kind for spec in specs]
    words = [words_of(spec) for spec in specs]
    # Nobody names the Project.
    names = [names_of(s) if s.ref.kind != "Project" else frozenset[str]() for s in specs]
    naming = _by_word(words)
    named = _by_word(names)

    def leading_to(kind: str | None, its: Iterable[str]) -> list[int]:
        found = [number for name in its for number in naming.get(name, ())]
        if kind not in _NAMED_BY_FEW:
            return found
        return [number for number in found if kinds[number] in _NAMING_THEM]

    def above(found: Iterable[int]) -> set[int]:
        """These, and all that lead to them."""
        reached: set[int] = set()
        todo = list(found)
        while todo:
            if (number := todo.pop()) not in reached:
                reached.add(number)
                todo += leading_to(kinds[number], names[number])
        return reached

    served = _SERVED if any(each.may_be("Runtime") for each in unread) else frozenset()
    serving = [number for number, kind in enumerate(kinds) if kind in served]
    leading = [n for each in unread for n in leading_to(each.kind, each.names)]
    tainted = above((*serving, *leading, *naming_one))
    sources = [(each.kind, each.words, False) for each in unread]
    sources += [(kinds[n], words[n], True) for n in tainted if kinds[n] != "Project"]
    beside: set[int] = set()
    made: set[int] = set()
    for kind, said, can_be_read in sources:
        mentioned = {number for word in said for number in named.get(word, ())}
        if kind is not None and kind not in _NAMING_THEM:
            mentioned = {number for number in mentioned if kinds[number] not in _NAMED_BY_FEW}
        if can_be_read:  # who names the others is known
            mentioned = {number for number in mentioned if kinds[number] in _JUDGED_BY_OTHERS}
        beside |= mentioned
        if kind in MAKERS:
            made |= {number for number in mentioned if kinds[number] == "Model"}
    # What a model is made by may be missing.
    if any(each.kind in MAKERS and (each.cut or not each.words) for each in unread):
        beside |= {number for number, kind in enumerate(kinds) if kind == "Model"}
    return tainted | beside | above(made)


def _by_word(said: Sequence[Collection[str]]) -> Mapping[str, list[int]]:
    """The numbers of those that say a word."""
    found: dict[str, list[int]] = {}
    for number, words in enumerate(said):
        for word in words:
            found.setdefault(word, []).append(number)
    return found
