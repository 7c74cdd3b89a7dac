"""A Python step's function as a component, so that everything that looks at steps sees no
difference.

In: a step of a document, the texts of the user's files. Out: a `Component`, or None for one that
can't be read: the checks say why.
"""

from __future__ import annotations

import posixpath
from types import MappingProxyType

from exai_compiler.catalog import Catalog, Component
from exai_compiler.python_code import ephemeral
from exai_compiler.python_code.archive import Embedded, embedded
from exai_compiler.python_code.function import Function, read_function
from exai_specs.frozen import digest
from exai_specs.kinds.step import Step

OWN_IMAGE = "exai/python-train"


PYTHON = ("spec", "transform", "python")
"""Where a FeatureView names its function."""


def function_of(document: str, written: str) -> tuple[str, str]:
    """Path from exai.yaml's folder and name of `file.py:function`, which is relative to the
    document's own file.
    """
    file, _, name = written.rpartition(":")
    return posixpath.normpath(posixpath.join(posixpath.dirname(document), file)), name


def embedded_path(document: str, written: str) -> str:
    """The path of what `embed` names, from exai.yaml's folder."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(document), written))


def embedded_of(document: str, step: Step, catalog: Catalog) -> Embedded | None:
    """What a step embeds beside its function; None for nothing, or what isn't there."""
    if step.embed is None:
        return None
    return embedded(embedded_path(document, step.embed), catalog.files)


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
                "source": found.source,
                "packages": packages,
                "image": image.partition("@")[2],
                **({"embed": beside.files} if beside is not None else {}),
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
