"""Which documents can matter to each other, and a project that holds only those.

In: specs, or the words that were kept of them. Out: names and words, groups of files, a part of a
project. Judges nothing.

Two files are neighbours when one has a word that the other is known by, wherever it stands in a
`spec`: a rule that brings two documents together does so by such a word. Too many neighbours cost
time; to leave one out would be wrong. What is looked up all the same is noticed (`LeftOut`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from exai_compiler.project import Project, link
from exai_specs.allowances import Allowance
from exai_specs.identity import Ref
from exai_specs.kinds import FeatureViewSpec, ManifestSpec, PipelineSpec, ServiceSpec
from exai_specs.parse import Spec
from exai_specs.regexes import regex

EVERYBODY = ("Overlay", "Project", "Runtime")
"""Kinds that matter to documents that don't name them: a Runtime may serve any Service."""

# What stands between names: `view:feature`, `model@alias`, `Kind/name`, `Kind/name#step`.
_BETWEEN = regex(r"[^\s@:/#]+")


class LeftOut(LookupError):
    """A rule looked for a document that is no neighbour."""


class _Near(dict[Ref, Spec]):
    """The documents of a part; those of the rest aren't absent, they are elsewhere."""

    __slots__ = ("elsewhere",)

    def __init__(self, specs: Mapping[Ref, Spec], elsewhere: Collection[Ref]) -> None:
        super().__init__(specs)
        self.elsewhere = elsewhere

    def __missing__(self, ref: Ref) -> Spec:
        raise LeftOut(ref) if ref in self.elsewhere else KeyError(ref)

    def __contains__(self, ref: object) -> bool:
        if super().__contains__(ref):
            return True
        if ref in self.elsewhere:
            raise LeftOut(ref)
        return False

    def get(self, ref: Ref, default: Any = None) -> Any:
        if ref in self:
            return self[ref]
        return default


def part(
    specs: Iterable[Spec], elsewhere: Collection[Ref], allowances: Iterable[Allowance] = ()
) -> Project | None:
    """A project of these documents, which knows the identities of the others and no more."""
    whole = link(specs, allowances)
    if whole is None:
        return None
    others = frozenset(elsewhere) - whole.specs.keys()
    return Project(
        whole.root,
        _Near(whole.specs, others),
        whole.all,
        whole.allowances,
        elsewhere=others,
    )


def names_of(spec: Spec) -> frozenset[str]:
    """What a document is known by, in lower case; two that share one may clash."""
    found = {spec.ref.name}
    match spec.body:
        case FeatureViewSpec(push=push, stream=stream, transform=transform):
            found |= {push} if push is not None else set()
            found |= {stream.name} if stream is not None else set()
            if transform is not None and transform.request is not None:
                found.add(transform.request.name)
        case PipelineSpec(schedules=schedules):
            found |= {f"{spec.ref.name}-{schedule}" for schedule in schedules}
        case ManifestSpec() as manifest:
            # Objects that exai renders are called after their documents: `a-workspace` is of `a`.
            parts = manifest.name(spec.ref.name).split("-")
            found |= {"-".join(parts[: count + 1]) for count in range(len(parts))}
        case ServiceSpec(local=local) if local.port is not None:
            found.add(f"port {local.port}")
    return frozenset(name.casefold() for name in found)


def words_of(spec: Spec) -> frozenset[str]:
    """Every word of a `spec`, in lower case; a key is one, too."""
    return words_in(spec.document.kept.get("spec"))


_MAPPINGS = frozenset({MappingProxyType, dict})
_LISTS = frozenset({tuple, list})


def words_in(tree: Any) -> frozenset[str]:
    """Every word of a tree, frozen or not, in lower case; a key is one, too."""
    texts: list[str] = []
    stack = [tree]
    while stack:
        value = stack.pop()
        kind = type(value)  # by their exact types: all of all documents are asked
        if kind is str:
            texts.append(value)
        elif kind in _MAPPINGS:
            texts += value
            stack += value.values()
        elif kind in _LISTS:
            stack += value
    return frozenset(_BETWEEN.findall("\n".join(texts).casefold()))


def groups(
    names: Mapping[str, Collection[str]], words: Mapping[str, Iterable[str]]
) -> dict[str, int]:
    """The number of each file's group: files that neighbours lead to from each other are in one.

    `names` and `words` are those of all documents of a file, by its path.
    """
    parent = {path: path for path in names}

    def top(path: str) -> str:
        while (above := parent[path]) != path:
            parent[path] = path = parent[above]
        return path

    known: dict[str, str] = {}
    for path, mine in names.items():
        for name in mine:
            other = known.setdefault(name, path)
            if other != path:
                parent[top(path)] = top(other)
    for path, said in words.items():
        for word in said:
            if (other := known.get(word, path)) != path:
                parent[top(path)] = top(other)
    numbers: dict[str, int] = {}
    return {path: numbers.setdefault(top(path), len(numbers)) for path in names}
