"""A Python step's function as a component, so that everything that looks at steps sees no
difference.

In: a step of a document, the texts of the user's files. Out: a `Component`, or None for one that
can't be read: the checks say why.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from types import MappingProxyType

from exai_compiler.catalog import Catalog, Component
from exai_compiler.python_code import ephemeral
from exai_compiler.python_code.archive import Embedded, embedded
from exai_compiler.python_code.function import Function, functions_in, read_function
from exai_compiler.python_code.meant import code_meaning
from exai_compiler.python_names import OWN_IMAGE, embedded_path, function_of, python_file
from exai_specs.frozen import digest
from exai_specs.kinds.step import Step


def function_hint(document: str, written: str, files: Mapping[str, str]) -> str:
    """What to write instead of something that names no function."""
    file, colon, name = written.rpartition(":")
    path = python_file(document, written)
    if path is not None:
        known = functions_in(files[path]) if path in files else ()
        which = known[0] if len(known) == 1 else "FUNCTION"
        has = f"; it has {', '.join(known)}" if len(known) > 1 else ""
        return f"write {written.removesuffix(':')}:{which}{has}"
    if colon and name.isidentifier() and file and not file.endswith((".py", "/", ".")):
        return f"write {posixpath.splitext(file)[0]}.py:{name}"
    if not colon and name.isidentifier():
        return f"write FILE.py:{name}"
    module, _, function = name.rpartition(".")
    if not colon and module.isidentifier() and function.isidentifier():
        return f"write {module}.py:{function}"
    return "write FILE.py:FUNCTION, a file and a function in it"


def embedded_of(document: str, step: Step, catalog: Catalog) -> Embedded | None:
    """What a step embeds beside its function; None for nothing, or what isn't there."""
    if step.embed is None:
        return None
    return embedded(embedded_path(document, step.embed), catalog.files)


def names_taken(document: str, step: Step, catalog: Catalog) -> tuple[str, tuple[str, ...]]:
    """What a `python:` step's function is called, and the names of what it takes, whatever else is
    wrong with it; no names where nobody can tell."""
    path, name = function_of(document, step.python or "")
    text = catalog.files.get(path)
    found = read_function(text, name) if text is not None else None
    return f"{path}:{name}", found.takes if isinstance(found, Function) else ()


def python_component(
    document: str, step: Step, catalog: Catalog, image: str | None = None
) -> Component | None:
    """The component of a `python:` step; `image` is that of steps which name none."""
    path, name = function_of(document, step.python or "")
    text = catalog.files.get(path)
    found = read_function(text, name) if text is not None else None
    if not isinstance(found, Function) or found.problems:
        return None
    beside = embedded_of(document, step, catalog)
    if step.embed is not None and beside is None:
        return None
    image = step.image or image or OWN_IMAGE
    packages = step.pip.packages if step.pip else ()
    return Component(
        name=f"{path}:{name}",
        # A tag may move unseen; an image's digest says what it is.
        version=digest(
            {
                "source": code_meaning(found.source),
                "packages": packages,
                "image": image.partition("@")[2],
                **({"embed": beside.files} if beside is not None else {}),
                **({"file": beside.file} if beside is not None and beside.file else {}),
            }
        )[:12],
        effects="none",
        description=found.description,
        inputs=found.inputs,
        outputs=found.outputs,
        refs=MappingProxyType({}),
        filled=(),
        metrics=MappingProxyType({}),
        image=image,
        command=ephemeral.command(found, step.pip, beside, with_kfp=image == OWN_IMAGE),
        args=ephemeral.arguments(found),
        limits=MappingProxyType({}),
    )
