"""Every reference in the inputs of a step, with the place of its text.

In: a step's bindings. Out: `Occurrence`s. Judges nothing; what doesn't parse isn't here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never, cast

from exai_compiler.checks.texts import Path, strings, value_at
from exai_compiler.graph import (
    Composed,
    Constant,
    FromArtifact,
    FromItem,
    FromParameter,
    FromRun,
    FromStatus,
    FromStep,
    Source,
    Step,
)
from exai_specs.diagnostics import Span
from exai_specs.expressions import (
    OPEN,
    ExpressionError,
    Reference,
    has_expression,
    parse_text,
)
from exai_specs.parse import Spec
from exai_specs.values import frozen


@frozen
class Occurrence:
    """A reference: the step and the input it is in, and whether the text at `path` is nothing else.

    `inner` is the path below the input's value: () when it is the input's value.
    """

    source: Source
    step: Step
    port: str
    inner: Path
    whole: bool

    @property
    def path(self) -> Path:
        """Where the text stands in the document; put together for what is told alone."""
        return self.step.input_at(self.port, *self.inner)

    def at(self, spec: Spec) -> Span:
        """Where the reference's own text stands."""
        return spec.document.at(self.path, offset_of(spec, self.path, self.source))


def offset_of(spec: Spec, path: Path, source: Source) -> int:
    """Where a reference starts in the text at a path."""
    value = value_at(spec.document.value, path)
    if not isinstance(value, str):
        return 0
    opened = max(value.find(OPEN), 0)
    return max(value.find(words(source), opened), 0)


def words(source: Source) -> str:
    """A reference as it is written."""
    match source:
        case FromParameter(name):
            return f"parameters.{name}"
        case FromArtifact(name):
            return f"artifacts.{name}"
        case FromStep(step, output):
            return f"steps.{step}.{output}"
        case FromRun(name):
            return f"run.{name}"
        case FromItem(_, name, field):
            return f"{name}.{field}" if field else name
        case FromStatus():
            return "status"
    assert_never(source)


_SOURCES = frozenset(
    {FromParameter, FromArtifact, FromStep, FromItem, FromRun, FromStatus},
)


def occurrences(step: Step) -> Iterator[Occurrence]:
    """Every reference of the step's inputs, in the order of the text."""
    for port, binding in step.inputs.items():
        # By exact type: most inputs are constants, and every input of every step passes here.
        kind = type(binding)
        if kind is Constant:
            continue
        if kind in _SOURCES:
            yield Occurrence(cast(Source, binding), step, port, (), True)
        elif isinstance(binding, Composed):
            for inner, text in strings(binding.value):
                if has_expression(text):
                    yield from _inside(step, port, inner, text, binding.sources)


def _inside(
    step: Step, port: str, inner: Path, text: str, found: Mapping[str, Source]
) -> Iterator[Occurrence]:
    try:
        parts = parse_text(text).parts
    except ExpressionError:
        return
    for part in parts:
        if not isinstance(part, str) and isinstance(part.expression, Reference):
            source = found.get(str(part.expression))
            if source is not None:
                yield Occurrence(source, step, port, inner, len(parts) == 1)
