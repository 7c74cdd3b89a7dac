"""What `exai lock` is asked to pin: the words of its command line, or what services ask for.

In: a project, an environment's pins, words. Out: `Asked`s, or everything that is wrong with the
words. Never: a registry; what can't be is said before one is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from exai_compiler.project import Project
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.identity import Ref
from exai_specs.kinds import ModelSpec, ServiceSpec
from exai_specs.kinds.model_files import Files
from exai_specs.names import ModelName, parse_model_name, parse_version
from exai_specs.nearest import did_you_mean
from exai_specs.values import frozen

NOWHERE = Span("")
_LONGEST = 100  # that is quoted of what was typed


@frozen
class Asked:
    """`number` is the version that was named; None: where the registry's alias stands."""

    reference: str
    number: int | None


def served(project: Project, pinned: Mapping[str, object]) -> tuple[Asked, ...]:
    """What services ask for and isn't pinned, sorted."""
    wanted = {each for each in _references(project) if each not in pinned}
    return tuple(Asked(each, parse_model_name(each).version) for each in sorted(wanted))


def asked(
    project: Project, names: Sequence[str]
) -> tuple[tuple[Asked, ...], tuple[Diagnostic, ...]]:
    """What the words name, each once, and what is wrong with the others."""
    found: dict[str, Asked] = {}
    problems: list[Diagnostic] = []
    for name in names:
        each = _asked(project, name)
        if isinstance(each, Diagnostic):
            problems.append(each)
        elif each.reference in found:
            message = f"{each.reference} stands there twice"
            problems.append(Diagnostic("bad-pin", message, NOWHERE, hint="name it once"))
        else:
            found[each.reference] = each
    return tuple(found.values()), tuple(problems)


def _asked(project: Project, name: str) -> Asked | Diagnostic:
    reference, equals, number = name.partition("=")
    parsed, version = _named(reference), parse_version(number)
    if parsed is None or (equals and version is None):
        message = f"`{short(name)}` is no MODEL@ALIAS, and no MODEL@ALIAS=VERSION"
        hint = "for example iris_model@champion=3"
        return Diagnostic("bad-pin", message, NOWHERE, hint=hint)
    if parsed.version is not None and version not in (None, parsed.version):
        message = f"`{reference}` is version {parsed.version}, and never another one"
        hint = f"write {reference}, or an alias before `={version}`"
        return Diagnostic("bad-pin", message, NOWHERE, hint=hint)
    if (problem := _unknown(project, parsed)) is not None:
        return problem
    return Asked(reference, parsed.version if version is None else version)


def _named(reference: str) -> ModelName | None:
    """None for what is no model with an alias or a version."""
    try:
        parsed = parse_model_name(reference)
    except ValueError:
        return None
    return None if parsed.alias is None and parsed.version is None else parsed


def _unknown(project: Project, named: ModelName) -> Diagnostic | None:
    """Why the project has nothing of that name to pin."""
    names = project.names("Model")
    if named.name not in names:
        message, hint = f"there is no Model `{named.name}`", did_you_mean(named.name, names)
        return Diagnostic("unknown-model", message, NOWHERE, hint=hint)
    body = project.body(ModelSpec, named.name)
    if body is None:
        return None
    model = project.specs[Ref("Model", named.name)].at("metadata", "name")
    related = (("the model", model),)
    if isinstance(body.source, Files):
        message = f"`{named.name}` is just files, without aliases or versions"
        hint = "there is nothing to pin: the Model itself says where they are"
        return Diagnostic("bad-pin", message, NOWHERE, hint=hint, related=related)
    if body.source is None and named.alias is not None and named.alias not in body.aliases:
        message = f"Model `{named.name}` declares no alias `{named.alias}`"
        hint = did_you_mean(named.alias, body.aliases)
        return Diagnostic("unknown-alias", message, NOWHERE, hint=hint, related=related)
    return None


def short(name: str) -> str:
    """What is quoted of a word; what a terminal wouldn't show, as an escape."""
    shown = name if name.isprintable() else ascii(name)[1:-1]
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def _references(project: Project) -> Iterator[str]:
    """What services ask for and a registry has."""
    for _, service in project.bodies(ServiceSpec):
        for _, reference in service.references:
            model = project.body(ModelSpec, reference.partition("@")[0])
            if "@" in reference and model is not None and not isinstance(model.source, Files):
                yield reference
