"""The compiler's stages, called in order for one environment.

In: a loaded project, a target's reader. Out: a `Compiled`. This is the one place that knows the
order of the stages; plan, apply and status all go through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from exai_compiler.build import Build
from exai_compiler.catalog import Catalog
from exai_compiler.environments import wrong_with
from exai_compiler.everywhere import check_everywhere, errors_in
from exai_compiler.facts import Facts
from exai_compiler.locked import lock_of
from exai_compiler.maybe import Unknown
from exai_compiler.named_by_steps import datasets_read
from exai_compiler.project import Project
from exai_compiler.render import render
from exai_compiler.resolve import resolve
from exai_compiler.tuning.trial import searched
from exai_runtime.collector import collector_off
from exai_runtime.ending import spared
from exai_runtime.two_processes import spread_over
from exai_runtime.workspace import Loaded, component_catalog
from exai_specs.diagnostics import Diagnostic, Span, has_errors, in_order, secrets_alone
from exai_specs.kinds import Environment, FeatureViewSpec
from exai_specs.nearest import nearest
from exai_specs.parse import Spec
from exai_specs.values import frozen, replace

if TYPE_CHECKING:
    from exai_runtime.local.target import LocalTarget
    from exai_runtime.target import Reader


@frozen
class Checked:
    """A project that was read and checked.

    `project` is None, or has errors among `diagnostics`, when it can't go on. `overlays` are those
    of every environment.
    """

    loaded: Loaded
    catalog: Catalog
    diagnostics: tuple[Diagnostic, ...]
    overlays: tuple[Spec, ...] = ()

    @property
    def project(self) -> Project | None:
        return self.loaded.project

    @property
    def usable(self) -> Project | None:
        """The project, if nothing forbids to go on."""
        return None if has_errors(self.diagnostics) else self.loaded.project


@frozen
class Compiled:
    """One environment as it should be, given the facts; `problems` are what the facts brought
    to light. `rollout` are those of them that forbid services, and not the runs that mend it."""

    build: Build
    facts: Facts
    problems: tuple[Diagnostic, ...]
    rollout: tuple[Diagnostic, ...] = ()

    @property
    def hopeless(self) -> bool:
        """Whether there can't be a plan. Data that couldn't be looked at leaves the rest of one."""
        told = self.facts.failures.values()
        return has_errors(problem for problem in self.problems if problem not in told)

    @property
    def runnable(self) -> bool:
        """Whether a pipeline may be run, whatever its services say to the models of today."""
        told = (*self.facts.failures.values(), *self.rollout)
        return not has_errors(problem for problem in self.problems if problem not in told)


@collector_off()
def check_project(
    loaded: Loaded, environment: str | None = None, only_shown: bool = False
) -> Checked:
    """All problems of all documents in all environments; the project is the one of `environment`,
    or the one without overlays. A `local` that nobody declares is judged once something is to be
    done there, and not where the project is `only_shown`. The errors of others than `environment`
    are one warning: they stop what is done there, and a check of all.

    What depends on documents that can't be read waits for them; the others are judged all the same.
    """
    python = loaded.python
    components = replace(
        component_catalog(), files=python.texts, modules=python.modules, refused=python.refused
    )
    problems = list(loaded.diagnostics)
    asked = None if only_shown else environment
    aside: list[Diagnostic] = []
    if environment is not None and environment not in loaded.wrong:
        aside = [each for each in loaded.patched if each.severity == "error"]
    of_others = set(aside)
    mine = [each for each in problems if each not in of_others]
    base = loaded.project or loaded.supposed
    if base is not None and loaded.unread is not None:
        if (judged := loaded.judged) is not None:
            base = judged.project
        overlaid, wrong = (judged or loaded).overlaid, (judged or loaded).wrong
        wrong = wrong_with(wrong, base, loaded.unread)
        spread = spread_over(len(base.specs))
        found = check_everywhere(base, overlaid, components, asked, wrong, loaded.unread, spread)
        if loaded.unread:
            from exai_compiler.certainty import certain

            problems += _of_other_values(certain(found, base, loaded.unread), problems)
            if environment is not None:
                problems = _less_others(problems, environment)
        elif environment is not None and (aside or has_errors(found)):
            own = errors_in(base, loaded.overlaid, components, environment, loaded.wrong)
            found, others = _apart(found, own, environment)
            problems = [*mine, *found]
            if aside := [*aside, *others]:
                problems.append(_elsewhere(aside, environment))
        else:
            problems += found
    if environment is not None:
        loaded = replace(loaded, project=loaded.project_in(environment))
    overlays = base.overlays if base is not None else ()
    if base is not None and environment is not None:
        problems = list(of_here(problems, base, environment))
    return spared(Checked(loaded, components, in_order(secrets_alone(problems)), overlays))


# Of a value: what else is wrong with it may come of that.
_OF_VALUES = frozenset({"invalid-value", "key-not-text", "wrong-type"})


def _of_other_values(
    found: Iterable[Diagnostic], told: Sequence[Diagnostic]
) -> Iterator[Diagnostic]:
    """Without what is said of values that were told to be none."""
    places = {each.at for each in told if each.code in _OF_VALUES}
    # A mapping in braces begins before its first key.
    keys = (each.at for each in told if each.code == "key-not-text")
    places |= {replace(at, column=at.column - 1) for at in keys if at.column > 1}
    yield from (each for each in found if each.at not in places)


_ELSEWHERE = "error-elsewhere"


def of_here(
    problems: Sequence[Diagnostic], project: Project, environment: str
) -> Iterator[Diagnostic]:
    """The diagnostics that concern an environment; the warnings of others are one note."""
    from exai_compiler.elsewhere import apart

    told = [each for each in problems if each.code == _ELSEWHERE]
    rest = (each for each in problems if each.code != _ELSEWHERE)
    mine, others = apart(rest, project, environment)
    yield from (*mine, *told)
    if warnings := sum(each.severity == "warning" for each in others):
        are = "a warning is" if warnings == 1 else f"{warnings} warnings are"
        message = f"{are} of other environments than `{environment}`"
        hint = "`exai validate` shows what there is in all of them"
        yield Diagnostic("warning-elsewhere", message, Span(""), "note", hint)


def _apart(
    found: tuple[Diagnostic, ...], own: tuple[Diagnostic, ...], environment: str
) -> tuple[tuple[Diagnostic, ...], list[Diagnostic]]:
    """What is told of all environments without the errors of others than the one of these `own`,
    and those. Of what is said of several at once, what is said of that one alone counts."""

    def said(problem: Diagnostic) -> tuple[str, Span, str]:
        return problem.code, problem.at, problem.message

    mine = {said(each) for each in own}
    told = {said(each) for each in found}
    more = tuple(each for each in own if said(each) not in told)
    kept: list[Diagnostic] = []
    others: list[Diagnostic] = []
    for each in found:
        if each.severity != "error" or said(each) in mine:
            kept.append(each)
        elif environment not in each.environments:
            others.append(each)
    return (*kept, *more), others


def _less_others(problems: list[Diagnostic], environment: str) -> list[Diagnostic]:
    """The errors that are of other environments alone as one warning."""
    others = [
        each
        for each in problems
        if each.severity == "error" and each.environments and environment not in each.environments
    ]
    if not others:
        return problems
    apart = set(others)
    left = [each for each in problems if each not in apart]
    return [*left, _elsewhere(others, environment)]


def _elsewhere(errors: list[Diagnostic], environment: str) -> Diagnostic:
    """What a command in one environment says of the errors of others."""
    first = in_order(errors)[0]
    count = "an error" if len(errors) == 1 else f"{len(errors)} errors"
    return Diagnostic(
        _ELSEWHERE,
        f"other environments than `{environment}` have {count}, the first: {first.message}",
        first.at,
        "warning",
        "`exai validate` shows all of it",
        first.related,
    )


def environment_of(
    project: Project, name: str
) -> tuple[Environment | None, tuple[Diagnostic, ...]]:
    """The environment to work on, or why there is none."""
    found = project.environment(name)
    at = project.root.at("spec", "environments")
    if found is None:
        body = project.root.body
        declared = sorted({"local", *getattr(body, "environments", {})})
        close = nearest(name, declared)
        meant = f'did you mean "{close}"? ' if close else ""
        return None, (
            Diagnostic(
                "unknown-environment",
                f"there is no environment `{name}`",
                at,
                hint=f"{meant}declared here: {', '.join(declared)}",
            ),
        )
    if found.target != "local":
        return None, (
            Diagnostic(
                "target-not-available",
                f"`{name}` has the target {found.target}, which this version can't reach yet",
                project.root.at("spec", "environments", name, "target"),
                hint="its specs are validated all the same; plan and apply take `target: local`",
            ),
        )
    return found, ()


def open_target(checked: Checked, name: str, environment: Environment) -> LocalTarget:
    """The target of an environment.

    Opening one reads and writes nothing.
    """
    assert checked.project is not None  # noqa: S101 - callers hold a usable project
    from exai_runtime.local.target import LocalTarget

    project = checked.project
    return LocalTarget(checked.loaded.root, name, environment, project.name, project)


@collector_off()
def compile_environment(
    checked: Checked, name: str, environment: Environment, reader: Reader
) -> Compiled:
    """Facts -> resolve -> render, for one environment."""
    project = checked.usable
    assert project is not None  # noqa: S101 - callers hold a usable project
    from exai_compiler.trained_features import changed_features

    facts = reader.facts(project)
    lock = lock_of(project, name)
    resolved = resolve(project, name, environment, checked.catalog, lock, facts)
    build = spared(render(resolved, spread_over(len(project.specs))))
    read = frozenset(
        name for graph in resolved.graphs.values() for name in datasets_read(project, graph)
    ) | frozenset(body.dataset for _, body in project.bodies(FeatureViewSpec) if body.dataset)
    read |= searched(project)
    missing = _missing_data(project, build, facts, read)
    rollout = changed_features(resolved)
    # A policy can make a note of the environment an error.
    refused = (note for note in build.parity if note.severity == "error")
    problems = (*missing, *rollout, *refused, *reader.problems(project, read))
    return Compiled(build, facts, problems, rollout)


def facts_offline(checked: Checked, name: str, environment: Environment) -> Facts:
    """What is known without asking a target. A local environment's registry is a file beside the
    project, and what was last read of it counts; data aren't looked at."""
    if environment.target == "local":
        return open_target(checked, name, environment).kept_facts()
    return Facts(unread=f"the registry of `{name}` wasn't asked")


@collector_off()
def compile_offline(
    checked: Checked, name: str, environment: Environment, facts: Facts | None = None
) -> Build:
    """What the environment should hold as far as the specs and these facts tell: what only a target
    knows is Unknown."""
    project = checked.usable
    assert project is not None  # noqa: S101 - callers hold a usable project
    facts = facts or Facts()
    lock = lock_of(project, name)
    resolved = resolve(project, name, environment, checked.catalog, lock, facts)
    return spared(render(resolved, spread_over(len(project.specs))))


def _missing_data(
    project: Project, build: Build, facts: Facts, read: frozenset[str]
) -> list[Diagnostic]:
    """Data that is read and isn't there, or couldn't be looked at."""
    problems = [facts.failures[name] for name in sorted(read & facts.failures.keys())]
    for waiting in build.waiting:
        if isinstance(waiting, Unknown) and waiting.waits_for.kind == "Dataset":
            if waiting.waits_for.name in facts.failures:
                continue
            spec = project.specs.get(waiting.waits_for)
            at = spec.at("spec", "source") if spec else Span("exai.yaml")
            problems.append(
                Diagnostic(
                    "missing-data",
                    f"{waiting.waits_for}: {waiting.reason}",
                    at,
                    hint="paths start at exai.yaml's folder, or at the environment's data.root",
                )
            )
    return problems


def environment_for(
    checked: Checked, name: str
) -> tuple[Environment | None, tuple[Diagnostic, ...]]:
    if checked.usable is None:
        return None, checked.diagnostics
    found, problems = environment_of(checked.usable, name)
    return found, in_order((*checked.diagnostics, *problems))
