"""`patch-unused`: a patch of an object that no environment renders. The rest is judged on the
objects themselves, by `patch_rules`.

These come after the other rules, for only what is right can be rendered; nothing is rendered unless
there is a patch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import cast

from exai_compiler.checks.subject import Subject
from exai_compiler.facts import Facts
from exai_compiler.locked import lock_of
from exai_compiler.maybe import Tree
from exai_compiler.render import unpatched
from exai_compiler.resolve import resolve
from exai_specs.diagnostics import MAX_IN_FILE, Diagnostic
from exai_specs.kinds.patches import patches_of
from exai_specs.values import replace


def check(subject: Subject) -> Iterator[Diagnostic]:
    specs = [spec for spec, _ in subject.objects if patches_of(spec.body)]
    if not specs:
        return
    from exai_compiler.checks.patch_rules import Patched, judged

    found: dict[Diagnostic, dict[str, None]] = {}
    rendered: set[tuple[str, str]] = set()
    for name, environment in subject.environments.items():
        lock = lock_of(subject.project, name)
        resolved = resolve(subject.project, name, environment, subject.catalog, lock, Facts())
        for spec in specs:
            patches = patches_of(spec.body)
            for item in unpatched(resolved, spec):
                kind, body = item.id.kind, cast(Mapping[str, Tree], item.body)
                if kind in patches:
                    rendered.add((str(spec.ref), kind))
                    patched = Patched(spec, kind, body, patches[kind], name, environment)
                    # A patch may have thousands of keys that are none: the rest isn't looked at.
                    some = islice(judged(patched, subject.project.root), MAX_IN_FILE + 1)
                    for each in some:
                        found.setdefault(each, {})[name] = None
    for each, names in found.items():
        yield replace(each, environments=tuple(names))
    for spec in specs:
        for kind in patches_of(spec.body):
            if (str(spec.ref), kind) not in rendered:
                yield Diagnostic(
                    "patch-unused",
                    f"no environment renders a {kind} of {spec.ref}",
                    spec.key_at("spec", "patches", kind),
                    "warning",
                    "remove the patch, or ask for what it changes",
                )
