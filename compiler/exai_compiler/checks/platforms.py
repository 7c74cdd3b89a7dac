"""`unknown-platform`: a release of Kubeflow that exai has no table of (LANGUAGE section 4)."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.backends.kserve.platforms import LATEST, RELEASES
from exai_compiler.checks.subject import Subject
from exai_compiler.checks.suggest import did_you_mean
from exai_specs.diagnostics import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    for name, environment in subject.environments.items():
        if environment.platform is not None and environment.platform not in RELEASES:
            yield Diagnostic(
                "unknown-platform",
                f"exai doesn't know `{environment.platform}`, and takes it to have KServe "
                f"{LATEST.kserve}",
                subject.project.root.at("spec", "environments", name, "platform"),
                "warning",
                did_you_mean(environment.platform, RELEASES, f"one of {', '.join(RELEASES)}"),
            )
