"""Searches whose code is another though their documents ask for the same.

In: both revisions resolved. Out: for each such Tuning the chain from the file that is to blame. A
file that was moved is none; nor is one whose text means the same, but in a cluster: Katib lets
nobody edit the text that an Experiment has, which is that without comments.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.python_code import Function, function_of, read_function
from exai_compiler.python_code.uncommented import uncommented
from exai_compiler.resolved import Resolved
from exai_compiler.revisions.documents import FILE
from exai_compiler.revisions.ways import Chain
from exai_compiler.tuning.trial import PYTHON, component_of
from exai_specs.identity import Ref
from exai_specs.kinds import TuningSpec
from exai_specs.parse import Spec


def searched_anew(base: Resolved, head: Resolved) -> Iterator[Chain]:
    """In the order of the documents."""
    for spec, tuning in head.project.bodies(TuningSpec):
        written = tuning.trial.python
        was = base.project.specs.get(spec.ref)
        if written is None or was is None:
            continue
        before, after = _code(base, was), _code(head, spec)
        if before and before != after:
            path, _ = function_of(spec.document.file_of(PYTHON), written)
            yield Ref(FILE, path), spec.ref


def _code(resolved: Resolved, spec: Spec) -> str:
    """What tells the code of a trial from another; "" where it is no Python."""
    body = spec.body
    if not isinstance(body, TuningSpec) or body.trial.python is None:
        return ""
    if resolved.environment.target != "local":
        path, name = function_of(spec.document.file_of(PYTHON), body.trial.python)
        function = read_function(resolved.catalog.files.get(path, ""), name)
        return uncommented(function.source) if isinstance(function, Function) else ""
    component = component_of(spec, body.trial, resolved.catalog)
    return component.version if component is not None else ""
