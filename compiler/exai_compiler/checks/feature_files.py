"""`missing-file`, `python-syntax`, `local-import`: files of a feature repository that exai doesn't
model (LANGUAGE section 5). They are copied, so they find nothing of the project but what is copied
beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename

from exai_compiler.checks.subject import Subject
from exai_compiler.feature_files import RENDERED, named_files
from exai_specs.diagnostics import Diagnostic
from exai_specs.values import replace

_WHERE = "only files that `files` names are copied into the repository"


def check(subject: Subject) -> Iterator[Diagnostic]:
    root = subject.project.root
    for name, environment in subject.environments.items():
        files = named_files(subject.project, environment)
        beside = {basename(path).removesuffix(".py") for path in files}
        modules = subject.catalog.modules - beside - RENDERED
        for index, path in enumerate(files):
            at = root.at("spec", "environments", name, "features", "files", index)
            text = subject.catalog.files.get(path)
            if text is None:
                if path not in subject.catalog.refused:
                    hint = "the path is relative to this document's own file"
                    yield Diagnostic(
                        "missing-file",
                        f"there is no file `{path}`",
                        at,
                        hint=hint,
                        environments=(name,),
                    )
                continue
            from exai_compiler.checks.copied_python import local_imports, tree_of

            asked = ((f"environment `{name}` asks for it", at),)
            tree = tree_of(text, path, asked)
            if isinstance(tree, Diagnostic):
                yield replace(tree, environments=(name,))
            else:
                for each in local_imports(tree, path, modules, _WHERE, asked):
                    yield replace(each, environments=(name,))
