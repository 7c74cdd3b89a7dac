"""What is wrong with a project whatever its documents say that can't be read.

In: what is known of those, and what is wrong with the project without them. Out: of that, what is
so all the same. Judges nothing by itself.

Documents are brought together by words, as in `neighbours`, but for what a document's own text
tells. What leads to an unread document waits for it, and so does what an unread one names: somebody
may use it, make it or fit to it there. All that names a Model waits for the pipelines that may make
it. That there is no document of a name waits for none but those that may be the one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set

from exai_compiler.lost_sources import follows_from_a_lost_source
from exai_compiler.project import Project
from exai_compiler.standing import told_at
from exai_compiler.unread import UNREAD_LOCK, Unread
from exai_compiler.unread_names import unread_by_name
from exai_compiler.waiting import MAKERS, waiting_for_unread
from exai_specs.diagnostics import MAX_PROBLEMS, Diagnostic
from exai_specs.kinds import KINDS
from exai_specs.mended_document import mended_in
from exai_specs.nearest import nearest
from exai_specs.regexes import regex
from exai_specs.values import replace

_OF_MAKERS = "model-without-producer"
_OF_PINS = frozenset({"image-by-tag", "unpinned-image"})
_PIN = "wrong-pin"

# What a document's own text tells.
_OF_ITSELF = frozenset(
    {
        *("bad-amount", "bad-image", "bad-schedule", "credential-in-env", "credential-in-literal"),
        *("filled-input", "half-expression", "incomplete-environment", "invalid-input"),
        *("keda-trigger", "secret-in-spec", "step-cycle", "tuning-algorithm", "tuning-space"),
        *("unknown-component", "unknown-expectation", "unknown-platform", "unpinned-package"),
        *("unsafe-index", "unusable-expectation"),
    }
)
# With the pipelines that it calls, and the Python that it names.
_OF_ITS_STEPS = frozenset(
    {
        *("bad-expression", "bad-output", "branch-outputs", "conditional-output"),
        *("duplicate-step", "exit-handler", "expression-not-allowed", "generated-name"),
        *("misplaced-else", "missing-input", "not-a-list", "out-of-scope", "reference-in-struct"),
        *("run-in-text", "shadowed-item", "trial-body", "unknown-input", "untyped-input"),
        *("untyped-loop", "wrong-condition", "wrong-input-type"),
    }
)
# With what holds its rows, too.
_OF_ITS_ROWS = frozenset(
    {
        *("entity-mismatch", "feature-clash", "key-as-feature", "key-in-features"),
        *("missing-timestamp", "request-column", "reserved-feature", "target-in-features"),
        *("unknown-column", "unusable-key"),
    }
)
_OF_DOCUMENTS = _OF_ITSELF | _OF_ITS_STEPS | _OF_ITS_ROWS
# That there isn't something, or only by default.
_OF_WHAT_IS_MISSING: Mapping[str, Collection[str]] = {
    **dict.fromkeys(("gate-without-metric", "model-without-producer"), ("Pipeline", "Tuning")),
    **dict.fromkeys(("exai-unpinned", "needs-gateway", "owner-required"), KINDS),
    **dict.fromkeys(("missing-default", "missing-timestamp", "needs-graph"), KINDS),
    **dict.fromkeys(("signature-missing", "slo-unmeasurable", "snapshot-missing"), KINDS),
    **dict.fromkeys(("unmeasured-container", "unpinned-image"), KINDS),
}
"""With the kinds of the documents that may have it."""
_OF_WHAT_IS_MISSING_HERE = frozenset({"incomplete-environment", "missing-image", "missing-input"})
# There it is of a step, a parameter and the like, or of a document by its name.
_REFERRING = frozenset({"Graph", "Pipeline", "Service", "Tuning"})
_UNREAD_NAME = "unknown-reference"
# That there is no document of a name.
_NO_DOCUMENT = frozenset({_UNREAD_NAME, "graph-step", "invalid-policy", "unknown-runtime"})
# What names an environment, or what those have.
_OF_THE_PROJECT = {"Dataset": _UNREAD_NAME, "Overlay": "", "Project": ""}
_SHAPING = frozenset({"Pipeline", "Tuning", None})
_HOLDING = _SHAPING | {"Dataset", "Entity", "FeatureService", "FeatureView"}

_NONE = frozenset[str]()
_QUOTED = regex(r"`([^`]+)`")
_WORD = regex(r"`[^`\s]+`|[\w.-]*\w")
_NO_SUCH = regex(rf"there is no (?:{'|'.join(KINDS)}) `")
_DOCUMENT = regex(rf"\b(?:{'|'.join(KINDS)})\b")


def certain(
    problems: Iterable[Diagnostic], project: Project, unread: Collection[Unread]
) -> tuple[Diagnostic, ...]:
    """Those of the problems of a project that are so with `unread`, whatever those say, in their
    order. The project is without them, or without a part of them."""
    told = list(problems)
    sure = _sure_of(told, project, unread)
    parts = [each for each in unread if each.without is not None]
    kept: Iterable[Diagnostic] = filter(sure, told)
    if parts:
        whole = _sure_of(told, project, [each for each in unread if each.without is None])
        says = _whatever_was_left_out(project, parts)
        kept = (each for each in told if sure(each) or (whole(each) and says(each)))
    return tuple(_as_meant(kept, unread))


def _sure_of(
    told: Sequence[Diagnostic], project: Project, unread: Collection[Unread]
) -> Callable[[Diagnostic], bool]:
    """Whether a problem is so whatever these say, all of them."""
    if not unread:
        return lambda _: True
    specs = (*project.all, *project.overlays)
    about = told_at(specs)
    parts = {number for number, spec in enumerate(specs) if mended_in(spec.document)}
    parts = parts if any(each.without is not None for each in unread) else set()
    lost = {each.kind for each in unread if each.nameless}
    of_names = {problem for problem in told if lost and _may_name(problem, lost)}
    naming = [*parts, *(number for problem in of_names for number in about(problem.at))]
    waiting = waiting_for_unread(specs, unread, naming)

    def waiting_for(kinds: Collection[str | None]) -> Set[int]:
        some = [each for each in unread if each.kind in kinds]
        if len(some) == len(unread):
            return waiting
        return waiting_for_unread(specs, some, naming) if some else frozenset()

    unshaped, unheld = waiting_for(_SHAPING), waiting_for(_HOLDING)
    # What a document names it names whatever others say, but for those that patch it.
    patching = [each for each in unread if each.may_be("Overlay")]
    unpatched = waiting_for_unread(specs, patching, naming) if patching else frozenset[int]()
    of_project = any(each.kind == "Project" for each in unread)
    hidden = {_OF_MAKERS} if any(each.kind in MAKERS for each in unread) else set[str]()
    hidden |= _OF_PINS if UNREAD_LOCK in unread else frozenset()
    written = project.lock if project.lock and project.lock.document else None
    lock = written.document.path if written and written.document else None
    # The Project alone says what is wrong with these.
    sections = [written.at(name) for name in written.environments] if written else []
    whole = all(each == UNREAD_LOCK for each in unread)

    may_mean = unread_by_name(project, unread)
    # What a part of a Project lacks, documents of every kind are told.
    of_parts = of_project and mended_in(project.root.document) is not None

    def sure(problem: Diagnostic) -> bool:
        if problem.code == _PIN:
            return whole or (problem.at in sections and not of_project)
        here = about(problem.at)
        if of_parts and problem.code not in _OF_DOCUMENTS:
            return False
        if of_project and not _whatever_the_project(problem, [specs[n].ref.kind for n in here]):
            return False
        of_name = problem.code == _UNREAD_NAME
        of_lock = problem.at.path == lock and of_name
        referring = of_name and all(specs[number].ref.kind in _REFERRING for number in here)
        if not parts.isdisjoint(here):
            return False
        if problem.code in _OF_ITSELF:
            return True
        wait = unheld if problem.code in _OF_ITS_ROWS else waiting
        wait = unpatched if of_name and _NO_SUCH.match(problem.message) else wait
        wait = unshaped if referring or problem.code in _OF_ITS_STEPS else wait
        if not (here or of_lock) or not wait.isdisjoint(here):
            return False
        if problem in of_names:
            return False
        meant = _QUOTED.findall(problem.message) if of_name else ()
        if problem.code.startswith("unused-") or problem.code in hidden:
            return False
        kind = _DOCUMENT.search(problem.message.partition("`")[0])
        return not any(may_mean(word, kind and kind[0]) for word in meant)

    return sure


def _whatever_was_left_out(
    project: Project, parts: Iterable[Unread]
) -> Callable[[Diagnostic], bool]:
    """Whether a problem is so whatever was left out of documents: no word of that has to do with
    it, and where it is that something is missing, nothing was left out there."""
    without = _NONE.union(*(each.without or _NONE for each in parts))
    specs = (*project.all, *project.overlays)
    about = told_at(specs)
    damaged = {
        number: part.damaged()
        for number, spec in enumerate(specs)
        if (part := mended_in(spec.document)) is not None and part.gone | part.holes
    }

    hurt = {specs[number].ref.kind for number in damaged}
    left = (mended_in(spec.document) for spec in specs)
    guessed = frozenset(place for part in left if part is not None for place in part.guesses())

    of_a_source = follows_from_a_lost_source(project)

    def so(problem: Diagnostic) -> bool:
        here = about(problem.at)
        if problem.at in guessed or of_a_source(problem):  # what is wrong there is told
            return False
        lacking = KINDS if problem.code.startswith("unused-") else ()
        if not hurt.isdisjoint(_OF_WHAT_IS_MISSING.get(problem.code, lacking)):
            return False
        if problem.code == _OF_MAKERS and not damaged.keys().isdisjoint(here):  # its `source`
            return False
        if problem.code in _OF_WHAT_IS_MISSING_HERE and any(
            problem.at in damaged.get(number, ()) for number in here
        ):
            return False
        return without.isdisjoint(_words_said(problem))

    return so


def _words_said(problem: Diagnostic) -> Iterator[str]:
    """The words of a problem, those in quotes with and without them, of dotted ones each part, the
    last with its dot, too: so fields are called, as in `Mended.without`."""
    for word in _WORD.findall(f"{problem.code} {problem.message}".casefold()):
        yield word
        *above, last = word.strip("`").split(".")
        yield from (*above, last)
        if above:
            yield f".{last}"


def _as_meant(problems: Iterable[Diagnostic], unread: Iterable[Unread]) -> Iterator[Diagnostic]:
    """Names with the one of `unread` that was probably meant: who judged them didn't know those. Of
    thousands the first are looked at."""
    known: dict[str | None, list[str]] = {}
    for each in unread:
        if each.name:
            known.setdefault(each.kind, []).append(each.name)
    left = MAX_PROBLEMS
    for problem in problems:
        kind = _DOCUMENT.search(problem.message.partition("`")[0])
        names = known.get(kind[0], ()) if kind is not None and problem.code == _UNREAD_NAME else ()
        if not names or not left or problem.hint.startswith("did you mean"):
            yield problem
            continue
        left -= 1
        word = next(iter(_QUOTED.findall(problem.message)), "")
        close = nearest(word, names)
        hint = f'did you mean "{close}"? that document has an error, too'
        yield problem if close is None else replace(problem, hint=hint)


def _may_name(problem: Diagnostic, kinds: Collection[str | None]) -> bool:
    """Whether one of these kinds may be what a problem says that there is none of."""
    if problem.code not in _NO_DOCUMENT:
        return False
    what = problem.message.partition("`")[0]
    of_any = problem.code != _UNREAD_NAME or "document" in what
    return of_any or any(kind in what if kind else _DOCUMENT.search(what) for kind in kinds)


def _whatever_the_project(problem: Diagnostic, kinds: Iterable[str]) -> bool:
    """Whether something is so whatever the Project says, which may silence all but errors."""
    if problem.severity != "error":
        return False
    if problem.code in _OF_ITSELF:
        return True
    return all(_OF_THE_PROJECT.get(kind) not in ("", problem.code) for kind in kinds)
