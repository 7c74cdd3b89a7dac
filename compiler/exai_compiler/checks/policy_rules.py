"""`owner-required`: a document without an owner, where a policy asks for one.

`invalid-policy`: a policy of a rule that there isn't, or an exemption of no document.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean, nearest_document
from exai_compiler.policies import NAMED, policies_of, rules
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.nearest import nearest


def _no_rule(rule: str, at: Span) -> Diagnostic:
    from exai_compiler.codes import CODES

    name = next((name for name, code in NAMED.items() if code == rule), "")
    if name:
        message, hint = f"the policy of `{rule}` has another name", f"write {name}"
    elif rule in CODES:
        message = f"`{rule}` is an error everywhere: no policy changes that"
        hint = "policies are for warnings and notes"
    else:
        close = nearest(rule, rules())
        message = f"there is no rule `{rule}`"
        hint = f"did you mean `{close}`? " if close else ""
        hint += "rules are the warnings and notes of `exai explain`"
    return Diagnostic("invalid-policy", message, at, hint=hint)


def check(subject: Subject) -> Iterator[Diagnostic]:
    root, project = subject.project.root, subject.project
    policies = policies_of(project)
    known = frozenset(rules() if policies else ())
    for rule, policy in policies.values():
        at = root.key_at("spec", "policies", rule)
        if rule not in known:
            yield _no_rule(rule, at)
        for index, name in enumerate(policy.except_):
            overlaid = {str(spec.ref) for spec in project.overlays}
            documents = overlaid.union(map(str, project.refs))
            if name not in documents:
                close = nearest_document(name, documents)
                yield Diagnostic(
                    "invalid-policy",
                    f"there is no document `{name}` to except",
                    root.at("spec", "policies", rule, "except", index),
                    hint=did_you_mean(close or "", documents, "write Kind/name of a document"),
                )
    if "owner-required" not in policies:
        return
    for spec in project.specs.values():
        if not spec.metadata.owner:
            yield Diagnostic(
                "owner-required",
                f"{spec.ref} has no owner",
                spec.key_at("metadata"),
                "warning",
                "add metadata.owner: who is asked when it breaks",
            )
