"""All documents of a project, found by identity.

In: specs. Out: a `Project`. Judges nothing: duplicates stay visible.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, cast

from exai_specs.allowances import Allowance
from exai_specs.frozen import empty
from exai_specs.identity import Ref
from exai_specs.kinds import (
    KINDS,
    DatasetSpec,
    EntitySpec,
    Environment,
    FeatureServiceSpec,
    FeatureViewSpec,
    GraphSpec,
    LLMServiceSpec,
    ManifestSpec,
    ModelSpec,
    NotebookSpec,
    PipelineSpec,
    ProjectSpec,
    RuntimeSpec,
    ServiceSpec,
    TuningSpec,
)
from exai_specs.parse import Spec
from exai_specs.values import field, frozen, replace

if TYPE_CHECKING:  # most projects have none, and pay nothing for it
    from exai_specs.lock import LockFile

Body = TypeVar(
    "Body",
    ProjectSpec,
    DatasetSpec,
    EntitySpec,
    FeatureViewSpec,
    FeatureServiceSpec,
    PipelineSpec,
    ModelSpec,
    ServiceSpec,
    GraphSpec,
    RuntimeSpec,
    LLMServiceSpec,
    ManifestSpec,
    NotebookSpec,
    TuningSpec,
)

T = TypeVar("T")

KIND_OF = {kind.spec: kind.name for kind in KINDS.values()}


@frozen
class Project:
    """`specs` holds the first document of each identity, sorted; `all` every document, in the
    order of files; `allowances` what comments allow. `overlays` are in neither of them: they say
    what the documents are in an environment, and are no part of it. Of a part of a project,
    `elsewhere` are the identities of the other documents. `like` is a project with the very same
    Pipelines, whose graphs are known there. `lock` is `exai.lock`, None without that file."""

    root: Spec
    specs: Mapping[Ref, Spec]
    all: tuple[Spec, ...]
    allowances: tuple[Allowance, ...] = ()
    overlays: tuple[Spec, ...] = ()
    elsewhere: frozenset[Ref] = frozenset()
    like: Project | None = field(default=None, repr=False, compare=False)
    lock: LockFile | None = None
    _known: dict[Hashable, object] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _named: Mapping[str, Mapping[str, Spec]] = field(
        default_factory=empty, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        found: dict[str, dict[str, Spec]] = {}
        for ref, spec in self.specs.items():
            found.setdefault(ref.kind, {})[ref.name] = spec
        object.__setattr__(self, "_named", found)

    def once(self, question: Hashable, answer: Callable[[], T]) -> T:
        """What a pure function says of this project, worked out when it is first asked for.

        Rules and renderers ask the same of thousands of documents, each on its own.
        """
        if question not in self._known:
            self._known[question] = answer()
        return cast(T, self._known[question])

    @property
    def name(self) -> str:
        return self.root.ref.name

    @property
    def refs(self) -> frozenset[Ref]:
        """The identities of all documents, elsewhere or here."""
        return self.once("refs", lambda: self.elsewhere.union(self.specs))

    def names(self, kind: str) -> frozenset[str]:
        """The names of all documents of one kind, elsewhere or here."""
        return frozenset(ref.name for ref in self.refs if ref.kind == kind)

    def find(self, kind: str, name: str) -> Spec | None:
        """The document of a kind and name, for those who have no Ref at hand."""
        named = self._named.get(kind)
        return named.get(name) if named is not None else None

    def bodies(self, body: type[Body]) -> Iterator[tuple[Spec, Body]]:
        """The documents of one kind with their typed bodies, sorted by name."""
        found = self.once(Spec, self._by_kind).get(body, ())
        return iter(cast(list[tuple[Spec, Body]], found))

    def _by_kind(self) -> Mapping[type, list[tuple[Spec, object]]]:
        found: dict[type, list[tuple[Spec, object]]] = {}
        for spec in self.specs.values():
            found.setdefault(type(spec.body), []).append((spec, spec.body))
        return found

    def body(self, kind: type[Body], name: str) -> Body | None:
        """The typed body of one document."""
        named = self._named.get(KIND_OF[kind])
        found = named.get(name) if named is not None else None
        return found.body if found is not None and isinstance(found.body, kind) else None

    def environment(self, name: str) -> Environment | None:
        """The declared environment; `local` always exists (LANGUAGE section 4)."""
        root = self.root.body
        assert isinstance(root, ProjectSpec)  # noqa: S101 - link() takes only a Project as root
        return root.environments.get(name) or (local() if name == "local" else None)


@cache
def local() -> Environment:
    """The environment that no project need declare."""
    return Environment(target="local")


def link(specs: Iterable[Spec], allowances: Iterable[Allowance] = ()) -> Project | None:
    """The project of these specs, whatever the order of files; None when no document is a
    Project."""
    found = _sorted(list(specs))
    overlays = tuple([spec for spec in found if spec.ref.kind == "Overlay"])
    everything = tuple([spec for spec in found if spec.ref.kind != "Overlay"])
    root = _root([spec for spec in everything if isinstance(spec.body, ProjectSpec)])
    if root is None:
        return None
    first: dict[Ref, Spec] = {}
    for spec in everything:
        first.setdefault(spec.ref, spec)
    first[root.ref] = root
    allowed = tuple(sorted(allowances, key=lambda each: (each.at, each.code)))
    return Project(root, MappingProxyType(first), everything, allowed, overlays)


def _root(projects: list[Spec]) -> Spec | None:
    """The Project that says where the others are: the first of exai.yaml, whatever its name."""
    own = [spec for spec in projects if spec.document.path == "exai.yaml"]
    if own:
        return min(own, key=lambda spec: spec.document.start)
    return projects[0] if projects else None


def _sorted(specs: list[Spec]) -> list[Spec]:
    """By identity, file and place; a place is only looked for where a file says the same twice."""
    keyed = {(spec.ref.kind, spec.ref.name, spec.document.path): spec for spec in specs}
    if len(keyed) == len(specs):
        return [keyed[key] for key in sorted(keyed)]
    return sorted(specs, key=lambda spec: (spec.ref, spec.document.path, spec.document.start))


def with_documents(project: Project, changed: Mapping[Ref, Spec]) -> Project:
    """The project with other documents in place of some. It has no overlays any more."""
    all_ = tuple(
        changed[spec.ref] if spec.ref in changed and spec is project.specs[spec.ref] else spec
        for spec in project.all
    )
    specs = MappingProxyType({**project.specs, **changed})
    same = not any(ref.kind == "Pipeline" for ref in changed)
    return replace(project, specs=specs, all=all_, overlays=(), like=project if same else None)
