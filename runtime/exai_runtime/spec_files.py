"""The YAML files of a project, each read and parsed by itself.

In: a folder with an exai.yaml. Out: documents, their specs, the texts, and what is wrong with each
of them. Never: what documents say of each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from exai_runtime.document_cache import DocumentCache
from exai_runtime.folder import ROOT_FILE, SUFFIXES, Folder, Kind
from exai_specs.allowances import Allowance, allowances
from exai_specs.diagnostics import MAX_IN_FILE, MAX_PROBLEMS, Diagnostic, Span, more_problems
from exai_specs.documents import Document
from exai_specs.frozen import Json, thaw
from exai_specs.identity import Ref
from exai_specs.kinds import Metadata, ProjectSpec
from exai_specs.nearest import nearest
from exai_specs.parse import Spec, meant_kind, parse_all
from exai_specs.reading import read
from exai_specs.regexes import regex
from exai_specs.values import frozen
from exai_specs.yaml_text import unmarked

if TYPE_CHECKING:
    from exai_runtime.what_is_left import Hurt
    from exai_specs.mended import Mended


@frozen
class SpecFiles:
    """All files of a project, in the order of their paths, exai.yaml first.

    `problems` are those of their texts, `elsewhere` those of where they are, `unparsed` those of
    documents, and `mended` what is left of these; `allowed` are the comments that silence
    something, `allowed_badly` those that don't. `supposed` stands for a Project that can't be read:
    it says where the specs are, and no more.
    """

    documents: tuple[Document, ...]
    problems: tuple[Diagnostic, ...]
    elsewhere: tuple[Diagnostic, ...]
    sources: dict[str, str]
    has_root: bool
    specs: tuple[Spec, ...]
    unparsed: tuple[Diagnostic, ...]
    allowed: tuple[Allowance, ...]
    allowed_badly: tuple[Diagnostic, ...]
    supposed: Spec | None = None
    mended: tuple[Mended, ...] = ()


def read_specs(folder: Folder, cache: DocumentCache) -> SpecFiles:
    """All files that exai.yaml names. Without a Project document there, only that file."""
    problems: list[Diagnostic] = []
    elsewhere: list[Diagnostic] = []
    sources: dict[str, str] = {}
    documents = list(_read(folder, cache, [ROOT_FILE], problems, sources))
    first, unparsed = parse_all(documents)
    root = next((spec for spec in first if spec.ref.kind == "Project"), None)
    hurt = _hurt(sources, problems)
    supposed = None if root is not None else _supposed((*documents, *(each for each, _ in hurt)))
    if (known := root or supposed) is not None:
        named = _spec_files(folder, known, len(first) > 1, elsewhere)
        documents += _read(folder, cache, named, problems, sources)
    elif problems and ROOT_FILE in sources:
        listed = _listed(folder, sources[ROOT_FILE])
        documents += _read(folder, cache, listed, problems, sources)
    elif not problems and not unparsed:
        elsewhere.append(_no_project())
    # All are read before the first is parsed: mixed, ten thousand take longer.
    specs, unparsed = parse_all(documents)
    mended: tuple[Mended, ...] = ()
    if unparsed or problems:
        from exai_runtime import what_is_left as left  # few projects are wrong

        found = left.what_is_left(documents, specs, unparsed, _hurt(sources, problems))
        unparsed += (problem for each in found for problem in each.more)
        mended = tuple([each for each in found if not left.lost_its_environments(each)])
    comments = [allowances(text, path) for path, text in sources.items()]
    return SpecFiles(
        documents=tuple(documents),
        problems=tuple(problems),
        elsewhere=tuple(elsewhere),
        sources=sources,
        has_root=root is not None,
        specs=tuple(specs),
        unparsed=tuple(unparsed),
        allowed=tuple(each for allowed, _ in comments for each in allowed),
        allowed_badly=tuple(each for _, badly in comments for each in badly),
        supposed=supposed,
        mended=mended,
    )


def _hurt(sources: Mapping[str, str], problems: Sequence[Diagnostic]) -> Hurt:
    if not problems:
        return ()
    from exai_runtime.what_is_left import hurt_documents

    return hurt_documents(sources, problems)


def _listed(folder: Folder, text: str) -> Iterator[str]:
    """The files that a text lists which can't be read, and those of its folders; of the folder of
    all projects that list none."""
    found = _SPECS.search(text)
    entries = _ENTRY.findall(_COMMENT.sub("", found[1])) if found else ["specs/"]
    for entry in entries:
        kind = _kind(folder, entry) if folder.inside(entry) else "none"
        if kind == "folder":
            yield from folder.spec_files(entry, [])
        elif kind == "file" and entry.endswith(SUFFIXES):
            yield Path(entry).as_posix()


_SPECS = regex(r"(?m)^ +specs:[ \t]*(\[[^\]\n]*\]|(?:\n +- .*)+)")
_COMMENT = regex(r"(?m)[ \t]#.*$")
# A name with a sign that no text has is no file's: asked for, a zero byte is an exception.
_ENTRY = regex(r"[^\x00-\x20\[\],\"'-][^\x00-\x20\[\],\"']*")
_NO_NAME = "project"


def _supposed(documents: Iterable[Document]) -> Spec | None:
    """The Project among documents that can't be read; None where it can't be said where its specs
    are."""
    for document in documents:
        value = document.value
        kind = _meant(value, "kind", ("apiVersion", "metadata", "spec"))
        meant = meant_kind(kind)
        if meant is None or meant.name != "Project":
            continue
        said = _meant(value, "spec", ("apiVersion", "kind", "metadata"))
        listed = _meant(said, "specs", ("exai", "environments", "policies"))
        try:
            metadata = read(Metadata, {"name": _NO_NAME})
            body = read(ProjectSpec, {} if listed is None else {"specs": thaw(listed)})
        except ValueError:  # as pydantic's are
            return None
        # Places are those of what is written.
        return Spec(Ref("Project", _NO_NAME), metadata, body, document)
    return None


def _meant(value: Json, key: str, others: Iterable[str]) -> Json:
    """What stands under a key, or under one that was meant as that."""
    if not isinstance(value, Mapping):
        return None
    known = (key, *others)
    if key in value:
        return value[key]
    first = islice(value, MAX_PROBLEMS)
    return next((value[each] for each in first if nearest(each, known) == key), None)


def _read(
    folder: Folder,
    cache: DocumentCache,
    paths: Iterable[str],
    problems: list[Diagnostic],
    sources: dict[str, str],
) -> Iterator[Document]:
    """The documents of files that aren't among the `sources` yet."""
    files: list[tuple[str, bytes]] = []
    for path in dict.fromkeys(paths):
        if path in sources:
            continue
        try:
            files.append((path, folder.read(path)))
        except OSError as error:
            message = f"can't read the file: {error.strerror or error}"
            hint = "specs are plain files that you may read"
            problems.append(Diagnostic("unreadable-file", message, Span(path), hint=hint))
    for (path, data), (documents, found) in zip(files, cache.read(files), strict=True):
        text = documents[0].text if documents else unmarked(data)
        sources[path] = data.decode("utf-8", errors="replace") if text is None else text
        problems += found
        yield from documents


def _kind(folder: Folder, entry: str) -> Kind:
    """What stands there; nothing does under a name that no file can have."""
    try:
        return folder.kind(entry)
    except OSError:
        return "none"


def _spec_files(
    folder: Folder, spec: Spec, more_documents: bool, problems: list[Diagnostic]
) -> Iterator[str]:
    """The files that `spec.specs` names, in the order of their paths; hidden folders are left
    out."""
    body = spec.body
    if not isinstance(body, ProjectSpec):
        return
    declared = spec.document.at(("spec", "specs")) != spec.document.at(("spec",))
    told, read_ = len(problems), set[str]()
    for index, entry in enumerate(body.specs):
        # No name has a zero byte, and it is told as a sign that no text has.
        if "\0" in entry or entry in read_:
            continue
        at = spec.at("spec", "specs", index)
        if len(problems) - told >= MAX_IN_FILE:
            problems.append(more_problems(at, MAX_IN_FILE, "file"))
            return
        read_.add(entry)
        if not folder.inside(entry):
            problems.append(
                Diagnostic(
                    "path-leaves-project",
                    f"`{entry}` leads out of the project",
                    at,
                    hint="specs live below the folder of exai.yaml; move them there",
                )
            )
        elif (kind := _kind(folder, entry)) in ("file", "other"):  # who reads it says why not
            yield Path(entry).as_posix()
        elif kind == "folder":
            yield from folder.spec_files(entry, problems)
        elif declared:
            problems.append(
                Diagnostic(
                    "missing-spec-folder",
                    f"there is no file or folder `{entry[:200]}`",
                    at,
                    "warning" if more_documents else "error",
                    _hint(entry),
                )
            )


def _hint(entry: str) -> str:
    if any(sign in entry for sign in "*?["):
        parts = Path(entry).parts
        plain = takewhile(lambda part: not any(sign in part for sign in "*?["), parts)
        above = Path(*plain).as_posix()
        named = (
            f"name the folder: `{above}/`" if above != "." else "name a folder, such as `specs/`"
        )
        return f"patterns aren't read: {named}, and all YAML files below it are"
    return "make it, or leave the line out: documents may stand in exai.yaml, too"


def _no_project() -> Diagnostic:
    return Diagnostic(
        "no-project",
        "there is no Project document in this file",
        Span(ROOT_FILE),
        hint="add one with kind: Project, metadata: {name: ...} and spec: {}",
    )
