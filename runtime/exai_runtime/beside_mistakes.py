"""What may still be asked of an environment whose specs have mistakes.

In: a checked project, an environment. Out: the environment with one warning in place of the errors,
and the services that are asked for for certain. Who only asks what runs needs the Project and what
the target has recorded: that is told, and not whether the specs ask for it. Never: a plan.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.whole import whole_documents
from exai_runtime.compiling import Checked, environment_for, environment_of
from exai_runtime.doubts import readable
from exai_specs.diagnostics import Diagnostic, in_order
from exai_specs.identity import Ref
from exai_specs.kinds import Environment, ServiceSpec

CODE = "broken-specs"


def environment_to_ask(
    checked: Checked, name: str
) -> tuple[Environment | None, tuple[Diagnostic, ...]]:
    """The environment, for who changes nothing there. Where the Project can't be read there is
    none, as for those who do."""
    if checked.project is None or not (told := mistakes(checked)):
        return environment_for(checked, name)
    found, problems = environment_of(checked.project, name)
    others = (each for each in checked.diagnostics if each.severity != "error")
    return found, in_order((*others, *told, *problems))


def mistakes(checked: Checked) -> tuple[Diagnostic, ...]:
    """The one warning that stands for all errors of the specs, if there are any."""
    errors = [each for each in checked.diagnostics if each.severity == "error"]
    if not errors:
        return ()
    first = errors[0]
    count = "an error" if len(errors) == 1 else f"{len(errors)} errors, the first"
    warning = Diagnostic(
        CODE,
        f"the specs have {count}: {first.message}; what is told is what was applied, and not "
        "whether they ask for that",
        first.at,
        "warning",
        "`exai validate` shows all of it",
        first.related,
    )
    return (warning,)


def is_whole(checked: Checked, environment: str, ref: Ref) -> bool:
    """Whether a document, and the Project that says where it is looked for, are what they say,
    whatever is wrong with others."""
    project = checked.project
    if project is None:
        return False
    return {ref, project.root.ref} <= whole_documents(readable(checked, project, environment))


def asked_for(checked: Checked, environment: str) -> Iterator[Ref]:
    """The services that are to run, whatever was meant by what is wrong: those of documents without
    a mistake. None where an overlay is wrong, or may be: it could stop them."""
    project = checked.project
    if project is None:
        return
    whole = whole_documents(readable(checked, project, environment))
    for spec, body in project.bodies(ServiceSpec):
        if spec.ref in whole and not body.stopped:
            yield spec.ref
