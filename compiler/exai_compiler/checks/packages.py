"""`unpinned-package`, `unsafe-index`: what pip is told, which a shell reads on a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic
from exai_specs.regexes import regex

_PINNED = regex(
    r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\[[A-Za-z0-9._-]+(,[A-Za-z0-9._-]+)*\])?"
    r"==[0-9A-Za-z.!+_-]+"
)
_INDEX = regex(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?")
_HOST = regex(r"[A-Za-z0-9.-]+(:[0-9]+)?")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for spec, _, step in subject.steps():
        if (pip := step.spec.pip) is not None:
            base = (*step.path, "pip")
            seen: set[str] = set()
            for index, package in enumerate(pip.packages):
                if not _PINNED.fullmatch(package):
                    yield Diagnostic(
                        "unpinned-package",
                        f"`{package}` is no package with its exact version",
                        spec.at(*base, "packages", index),
                        hint="write name==version, such as scikit-learn==1.9.1",
                    )
                # Names are the same without case and signs (PEP 503).
                bare = re.sub("[-_.]+", "-", re.split("[=[]", package)[0]).lower()
                if bare in seen:
                    yield Diagnostic(
                        "unpinned-package",
                        f"`{bare}` stands here twice: which version is meant?",
                        spec.at(*base, "packages", index),
                        hint="keep one of them",
                    )
                seen.add(bare)
            for field, texts, rule in (
                ("indexUrls", pip.index_urls, _INDEX),
                ("trustedHosts", pip.trusted_hosts, _HOST),
            ):
                for index, text in enumerate(texts):
                    if not rule.fullmatch(text):
                        yield Diagnostic(
                            "unsafe-index",
                            f"this is no plain {'address' if rule is _INDEX else 'host'}",
                            spec.at(*base, field, index),
                            hint="write https://HOST/PATH; a user or password has no place here"
                            if rule is _INDEX
                            else "write a host's name, with its port if it has one",
                        )
