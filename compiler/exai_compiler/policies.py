"""How much a warning or a note counts here: the Project's policies, and comments that allow one.

In: a project and diagnostics. Out: diagnostics, some with another severity, some left out. Never:
an error made less.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from exai_compiler.project import Project
from exai_specs.allowances import Allowance
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.kinds import ProjectSpec
from exai_specs.kinds.policies import Policy
from exai_specs.nearest import nearest
from exai_specs.values import replace

# Rules whose name isn't the code that they give.
NAMED: Mapping[str, str] = MappingProxyType({"image-by-digest": "image-by-tag"})
# Codes of rules that are off where no policy asks for them.
ON_DEMAND = frozenset({"owner-required"})
UNUSED = "unused-allow"


def rules() -> tuple[str, ...]:
    """The names that `policies` takes: every code that isn't an error in itself."""
    from exai_compiler.codes import CODES

    renamed = frozenset(NAMED.values())
    mild = (code for code, told in CODES.items() if told.severity != "error")
    return tuple(sorted((*NAMED, *(code for code in mild if code not in renamed))))


def policies_of(project: Project) -> Mapping[str, tuple[str, Policy]]:
    """The policy of a code, with the name that it has in the spec."""
    body = project.root.body
    declared = body.policies if isinstance(body, ProjectSpec) else {}
    return {NAMED.get(rule, rule): (rule, policy) for rule, policy in declared.items()}


def applied(
    project: Project,
    found: Iterable[Diagnostic],
    allowances: Iterable[Allowance] | None = None,
) -> tuple[Diagnostic, ...]:
    """The diagnostics as the project's policies and comments have them; `allowances` are those of
    the project where no others are given."""
    policies = policies_of(project)
    allowances = project.allowances if allowances is None else allowances
    allowed = {(each.code, each.at.path, each.line) for each in allowances}
    if not policies and not allowed:
        return tuple([e for e in found if e.severity == "error" or e.code not in ON_DEMAND])
    return tuple(
        judged
        for each in found
        if (judged := _judged(project, policies, allowed, each)) is not None
    )


def _judged(
    project: Project,
    policies: Mapping[str, tuple[str, Policy]],
    allowed: Collection[tuple[str, str, int]],
    found: Diagnostic,
) -> Diagnostic | None:
    if found.severity == "error":
        return found
    if (found.code, found.at.path, found.at.line) in allowed:
        return None
    rule, policy = policies.get(found.code, ("", None))
    if policy is None or (policy.except_ and _document(project, found) in policy.except_):
        return None if found.code in ON_DEMAND else found
    match policy.level:
        case "off":
            return None
        case "error" | "warning" if policy.level != found.severity:
            place = ("a policy says so", project.root.at("spec", "policies", rule))
            return replace(found, severity=policy.level, related=(*found.related, place))
        case _:
            return found


def _document(project: Project, found: Diagnostic) -> str:
    """The identity of the document that a diagnostic is in; empty for what is in none. A patch is
    a part of the document that it patches."""
    last, at = "", Span("", 0)
    for spec in (*project.all, *project.overlays):
        for start in spec.document.starts:
            if start.path == found.at.path and at.line < start.line <= found.at.line:
                last, at = str(spec.ref), start
    return last


def unusable(allowances: Iterable[Allowance]) -> Iterator[Diagnostic]:
    """Comments that allow an error, or what there isn't."""
    for each in allowances:
        if not _usable(each):
            yield _unusable(each)


def unused(allowances: Iterable[Allowance], found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Comments that silence nothing: `found` is everything, silenced or not."""
    there = {(each.code, each.at.path, each.at.line) for each in found if each.severity != "error"}
    for each in allowances:
        if _usable(each) and (each.code, each.at.path, each.line) not in there:
            yield Diagnostic(
                UNUSED,
                f"there is no `{each.code}` on line {each.line} to allow",
                each.at,
                "warning",
                "remove the comment, or put it on the line of the problem or the one above",
            )


def _usable(each: Allowance) -> bool:
    from exai_compiler.codes import CODES

    known = CODES.get(each.code)
    return known is not None and known.severity != "error"


def _unusable(each: Allowance) -> Diagnostic:
    from exai_compiler.codes import CODES
    from exai_specs.codes import CODES as PARSE_CODES

    if each.code in CODES or each.code in PARSE_CODES:
        message = f"`{each.code}` is an error: it can't be allowed"
        return Diagnostic("unusable-allow", message, each.at, hint="mend what it says")
    message = f"there is no code `{each.code}` to allow"
    close = nearest(each.code, (code for code, told in CODES.items() if told.severity != "error"))
    meant = f"did you mean `{close}`? " if close else ""
    hint = f"{meant}write the word in brackets, as in warning[unused-dataset]"
    return Diagnostic("unusable-allow", message, each.at, hint=hint)
