"""What is wrong with a project whatever its documents say that can't be read.

In: what is known of those, and what is wrong with the project without them. Out: of that, what is
so all the same. Judges nothing by itself.

Documents are brought together by words, as in `neighbours`, but for what a document's own text
tells. What leads to an unread document waits
for it, and so does what an unread one names: somebody may use it, make it or fit to it there. All
that names a Model waits for the pipelines that may make it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from functools import cache

from exai_compiler.neighbours import names_of, words_of
from exai_compiler.project import Project
from exai_compiler.standing import told_at
from exai_compiler.unread import UNREAD_LOCK, Unread
from exai_specs.diagnostics import Diagnostic
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.regexes import regex

# Nobody but these names one of those.
_NAMED_BY_FEW = frozenset({"Graph", "LLMService", "Notebook", "Service"})
_NAMING_THEM = frozenset({"Graph", "Manifest", "Overlay", "Project"})
# What is told of them comes of what those say that name them.
_JUDGED_BY_OTHERS = frozenset({"Entity", "Model"})
_MAKERS = frozenset({"Pipeline", "Tuning", None})
_OF_MAKERS = "model-without-producer"
_OF_PINS = frozenset({"image-by-tag", "unpinned-image"})
# A Runtime may serve each of them.
_SERVED = frozenset({"Graph", "LLMService", "Service"})

# What a document's own text tells.
_OF_ITSELF = frozenset(
    {
        *("bad-amount", "bad-image", "bad-schedule", "credential-in-env", "credential-in-literal"),
        *("keda-trigger", "secret-in-spec", "tuning-algorithm", "tuning-space"),
        *("unknown-expectation", "unpinned-package", "unsafe-index", "unusable-expectation"),
    }
)
# With the pipelines that it calls, and the Python that it names.
_OF_ITS_STEPS = frozenset(
    {
        *("bad-expression", "bad-output", "branch-outputs", "conditional-output"),
        *("duplicate-step", "exit-handler", "expression-not-allowed", "filled-input"),
        *("generated-name", "half-expression", "invalid-input", "misplaced-else"),
        *("missing-input", "not-a-list", "out-of-scope", "reference-in-struct", "run-in-text"),
        *("shadowed-item", "step-cycle", "trial-body", "unknown-component", "unknown-input"),
        *("untyped-input", "untyped-loop", "wrong-condition", "wrong-input-type"),
    }
)
# There it is of a step, a parameter and the like, or of a document by its name.
_REFERRING = frozenset({"Pipeline", "Service"})
_UNREAD_NAME = "unknown-reference"
_SHAPING = frozenset({"Pipeline", "Tuning", None})

_QUOTED = regex(r"`([^`]+)`")


def certain(
    problems: Iterable[Diagnostic], project: Project, unread: Collection[Unread]
) -> tuple[Diagnostic, ...]:
    """Those of the problems of a project without `unread` that are so with it, in their order."""
    specs = (*project.all, *project.overlays)
    waiting = _waiting(specs, unread)
    shaping = [each for each in unread if each.kind in _SHAPING]
    unshaped = waiting if len(shaping) == len(unread) else frozenset[int]()
    if 0 < len(shaping) < len(unread):
        unshaped = _waiting(specs, shaping)
    about = told_at(specs)
    names = frozenset[str]().union(*(each.names for each in unread))
    hidden = {_OF_MAKERS} if any(each.kind in _MAKERS for each in unread) else set[str]()
    hidden |= _OF_PINS if UNREAD_LOCK in unread else frozenset()
    lock = project.lock.document.path if project.lock and project.lock.document else None

    @cache
    def may_mean(word: str) -> bool:
        return nearest(word, names) is not None

    def sure(problem: Diagnostic) -> bool:
        here = about(problem.at)
        of_name = problem.code == _UNREAD_NAME
        of_lock = problem.at.path == lock and of_name
        referring = of_name and all(specs[number].ref.kind in _REFERRING for number in here)
        if problem.code in _OF_ITSELF:
            return True
        wait = unshaped if referring or problem.code in _OF_ITS_STEPS else waiting
        if not (here or of_lock) or not wait.isdisjoint(here):
            return False
        meant = _QUOTED.findall(problem.message) if of_name else ()
        if problem.code.startswith("unused-") or problem.code in hidden:
            return False
        return not any(may_mean(word) for word in meant)

    return tuple([each for each in problems if sure(each)])


def _waiting(specs: Sequence[Spec], unread: Collection[Unread]) -> Set[int]:
    """The numbers of the documents that something unread may matter to."""
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

    served = _SERVED if any(each.kind == "Runtime" for each in unread) else frozenset()
    serving = [number for number, kind in enumerate(kinds) if kind in served]
    tainted = above(serving + [n for each in unread for n in leading_to(each.kind, each.names)])
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
        if kind in _MAKERS:
            made |= {number for number in mentioned if kinds[number] == "Model"}
    # What a model is made by may be missing.
    if any(each.kind in _MAKERS and (each.cut or not each.words) for each in unread):
        beside |= {number for number, kind in enumerate(kinds) if kind == "Model"}
    return tainted | beside | above(made)


def _by_word(said: Sequence[Collection[str]]) -> Mapping[str, list[int]]:
    """The numbers of those that say a word."""
    found: dict[str, list[int]] = {}
    for number, words in enumerate(said):
        for word in words:
            found.setdefault(word, []).append(number)
    return found
