"""`duplicate-feature`: a column that stands twice in a list of features."""

from __future__ import annotations

from collections.abc import Iterator

from exai_compiler.checks.subject import Subject
from exai_specs.diagnostics import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    for each in subject.trained:
        first: dict[str, int] = {}
        for index, feature in enumerate(each.features):
            if first.setdefault(feature, index) != index:
                before = each.spec.at(*each.feature_path(first[feature]))
                yield Diagnostic(
                    "duplicate-feature",
                    f"`{feature}` stands twice among the features",
                    each.spec.at(*each.feature_path(index)),
                    hint="take one away",
                    related=(("the first", before),),
                )
