"""`reserved-name`: an environment whose state would lie where something else is kept."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic

# Folders of `.exai` that aren't an environment's, and what is there.
TAKEN = {"secrets": "the secrets of local environments"}


def check(subject: Subject) -> Iterator[Diagnostic]:
    for name in subject.environments:
        if name in TAKEN:
            yield Diagnostic(
                "reserved-name",
                f"no environment can be called `{name}`: .exai/{name} holds {TAKEN[name]}",
                subject.project.root.key_at("spec", "environments", name),
                hint="give the environment another name",
                environments=(name,),
            )
