"""`unused-connection`, `unused-secret`: what an environment says and nothing asks for.

Where code of the user's own runs, it may read any connection: then none is called unused. A
secret counts as used where any text has its name, for a patch may name it, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_compiler.checks.texts import strings
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.expressions import OPEN
from exai_specs.kinds import DatasetSpec, ProjectSpec, SqlSource
from exai_specs.nearest import nearest

CHANGES = "use it, or remove it"
_SLIP = 0.8  # the share of letters that a slip leaves alike


def check(subject: Subject) -> Iterator[Diagnostic]:
    root = subject.project.root.body
    declared = root.environments if isinstance(root, ProjectSpec) else {}
    mine = [(name, declared[name]) for name in subject.environments if name in declared]
    asked = {
        data.source.connection
        for _, data in subject.project.bodies(DatasetSpec)
        if isinstance(data.source, SqlSource)
    }
    for name, environment in mine:
        store = environment.features.offline_store if environment.features else None
        joins = store.connection if store is not None else None
        if not environment.connections or any(step.is_own for _, _, step in subject.steps()):
            continue
        # A misspelt name may be meant for any of them: that is said already.
        certain = asked <= set(environment.connections)
        for connection in environment.connections if certain else ():
            if connection not in asked and connection != joins:
                yield Diagnostic(
                    "unused-connection",
                    f"no Dataset reads from `{connection}`",
                    subject.project.root.key_at(
                        "spec", "environments", name, "connections", connection
                    ),
                    "warning",
                    CHANGES,
                    environments=(name,),
                )
    if not any(environment.secrets for _, environment in mine):
        return
    named = _texts(subject)
    if named is None:
        return
    unused = [
        (name, environment, secret)
        for name, environment in mine
        for secret in environment.secrets
        if secret not in named
    ]
    asked_for = _asked_for(subject) if unused else {}
    for name, environment, secret in unused:
        meant = {each: at for each, at in asked_for.items() if each not in environment.secrets}
        close = nearest(secret, meant, _SLIP)
        yield Diagnostic(
            "unused-secret",
            f"nothing refers to the secret `{secret}`",
            subject.project.root.key_at("spec", "environments", name, "secrets", secret),
            "warning",
            CHANGES if close is None else f"is `{close}` meant for it? {CHANGES}",
            related=() if close is None else ((f"`{close}` stands here", meant[close]),),
            environments=(name,),
        )


def _asked_for(subject: Subject) -> dict[str, Span]:
    """The names of secrets in fields that are for them, with the first place of each."""
    found: dict[str, Span] = {}
    for spec in subject.project.all:
        for path, text in strings(spec.document.value.get("spec"), ("spec",)):
            if path[-1] == "secret" and text not in found:
                found[text] = spec.at(*path)
    return found


def _texts(subject: Subject) -> set[str] | None:
    """Every text of a `spec` that may name a secret; None where a run gives such names."""
    found: set[str] = set()
    for spec in subject.project.all:
        for path, text in strings(spec.document.value.get("spec"), ("spec",)):
            if path[-1] == "secret" and OPEN in text:
                return None
            if not (path[:2] == ("spec", "environments") and path[3:4] == ("secrets",)):
                found.add(text)
    return found
