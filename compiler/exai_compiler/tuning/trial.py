"""What a trial is given, and what runs in it.

In: a Tuning's document, the catalog. Out: a component's interface; values with the places of the
parameters in them. Judges nothing: what doesn't resolve is None, and the checks say why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from exai_compiler.catalog import Catalog, Component
from exai_compiler.graph import Step as Leaf
from exai_compiler.graph import bind
from exai_compiler.project import Project
from exai_specs.expressions import (
    ExpressionError,
    Reference,
    Text,
    has_expression,
    is_whole,
    parse_text,
)
from exai_specs.frozen import Json
from exai_specs.kinds import DatasetSpec, Step, Trial, TuningSpec
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.values import frozen

Path = tuple[str | int, ...]

PYTHON: Path = ("spec", "trial", "python")
DATASET = "Dataset"
# A parameter inside a value that `exai_components.trial` is given.
TRIAL, TEXT, MAPPING = "$trial", "$text", "$mapping"
MARKS = frozenset({TRIAL, TEXT, MAPPING})
# Components that train, and the input with the number of folds whose metrics a trial reports.
TRAINERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"train-sklearn": ("folds",), "train-h2o": ("parameters", "nfolds")}
)


@frozen
class Mention:
    """A reference in a trial: its parts, its place in the document, the character where it is."""

    reference: Reference
    path: Path
    text: Text


def component_of(spec: Spec, trial: Trial, catalog: Catalog) -> Component | None:
    """What `uses` or `python` names; None for a container, and for what can't be read."""
    if trial.uses is not None:
        return catalog.components.get(trial.uses)
    if trial.python is not None:
        from exai_compiler.python_code import python_component

        document = spec.document.file_of(PYTHON)
        return python_component(document, Step(python=trial.python), catalog)
    return None


def step_of(trial: Trial, catalog: Catalog) -> Leaf | None:
    """A trial of one of exai's components that train, as the step of a pipeline that it is like: a
    parameter of the search is bound to nothing, and the input `data` is a Dataset's name.
    """
    if trial.uses is None or trial.uses not in TRAINERS:
        return None
    component = catalog.components.get(trial.uses)
    if component is None:
        return None
    inputs = MappingProxyType({name: bind(value) for name, value in trial.with_.items()})
    return Leaf("trial", Step(uses=trial.uses), component, inputs, (), ("spec", "trial"))


def datasets_of(project: Project, component: Component | None, trial: Trial) -> dict[str, str]:
    """By input: the Dataset whose rows it gets. A container reads its data itself."""
    if component is None:
        return {}
    return {
        name: value
        for name, value in sorted(trial.with_.items())
        if (port := component.inputs.get(name)) is not None
        and port.type == DATASET
        and not port.many
        and isinstance(value, str)
        and project.body(DatasetSpec, value) is not None
    }


def texts(trial: Trial) -> Iterator[tuple[Path, str]]:
    """Every text of a trial in which an expression can stand, with its path in the document."""
    base: Path = ("spec", "trial")
    for name, value in trial.with_.items():
        yield from _strings(value, (*base, "with", name))
    for field, words in (("command", trial.command), ("args", trial.args)):
        for index, word in enumerate(words):
            yield (*base, field, index), word
    for name, variable in trial.env.items():
        if isinstance(variable, str):
            yield (*base, "env", name), variable


def mentions(trial: Trial) -> Iterator[Mention]:
    """Every reference in a trial; what doesn't parse has none."""
    for path, text in texts(trial):
        if not has_expression(text):
            continue
        try:
            parsed = parse_text(text)
        except ExpressionError:
            continue
        for part in parsed.expressions:
            if isinstance(part.expression, Reference):
                yield Mention(part.expression, path, parsed)


def used(tuning: TuningSpec) -> frozenset[str]:
    """The parameters that the trial takes."""
    return frozenset(
        mention.reference.parts[1]
        for mention in mentions(tuning.trial)
        if mention.reference.parts[0] == "trial" and len(mention.reference.parts) == 2
    )


def meant(tuning: TuningSpec) -> frozenset[str]:
    """The parameters that the trial takes, or was meant to where a reference is misspelt."""
    named = {mention.reference.parts[-1] for mention in mentions(tuning.trial)}
    known = tuning.parameters
    return frozenset(name if name in known else nearest(name, known) or "" for name in named)


def given(value: Json) -> Json:
    """A value for `exai_components.trial`: a parameter is `{"$trial": NAME}`, a text with some in
    it `{"$text": [...]}`; a mapping that looks like one of these, `{"$mapping": {...}}`."""
    if isinstance(value, Mapping):
        items = {key: given(item) for key, item in value.items()}
        return {MAPPING: items} if len(items) == 1 and items.keys() <= MARKS else items
    if isinstance(value, tuple):
        return tuple(given(item) for item in value)
    if not isinstance(value, str) or not has_expression(value):
        return value
    parsed = parse_text(value)
    if parsed.literal is not None:
        return parsed.literal
    parts: list[Json] = [
        part if isinstance(part, str) else {TRIAL: _parameter(part.expression)}
        for part in parsed.parts
    ]
    return parts[0] if is_whole(parsed) else {TEXT: tuple(parts)}


def filled(text: str, inputs: Mapping[str, Json], show: Callable[[str], str]) -> str:
    """A word of a container: parameters as `show` has them, inputs as their own texts."""
    if not has_expression(text):
        return text
    found = ""
    for part in parse_text(text).parts:
        if isinstance(part, str):
            found += part
        elif isinstance(part.expression, Reference) and part.expression.parts[0] == "inputs":
            value = inputs.get(part.expression.parts[1])
            plain = value if isinstance(value, str) else _plain(value)
            found += filled(plain, {}, show)
        else:
            found += show(_parameter(part.expression))
    return found


def _plain(value: Json) -> str:
    import json

    from exai_specs.frozen import thaw

    return json.dumps(thaw(value), ensure_ascii=False, sort_keys=True)


def _parameter(expression: object) -> str:
    if isinstance(expression, Reference) and expression.parts[0] == "trial":
        return expression.parts[1]
    raise ValueError(f"{expression} is no parameter of a trial")


def _strings(value: Json, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _strings(item, (*path, index))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(item, (*path, key))


def searched(project: Project) -> frozenset[str]:
    """The datasets that trials load, by all that can be told without their code."""
    return frozenset(
        value
        for _, tuning in project.bodies(TuningSpec)
        for name, value in tuning.trial.with_.items()
        if isinstance(value, str)
        and tuning.trial.body != "image"
        and (tuning.trial.uses is None or name == "data")
        and project.body(DatasetSpec, value) is not None
    )
