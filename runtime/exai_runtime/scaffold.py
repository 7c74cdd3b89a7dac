"""New projects. In: a folder, a template, a name. Out: files that weren't there, and their list.

Never overwrites a file, and writes nothing unless all of it can be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from exai_runtime import editor_schema
from exai_runtime.results import Created
from exai_specs.diagnostics import Diagnostic, Span
from exai_specs.regexes import regex

_NAME = regex(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_LONGEST_NAME = 63
_LEFT_OUT = (".exai", "__pycache__", "data")  # what running an example leaves behind
_PROJECT_NAME = regex(r"(kind: Project\nmetadata: \{?\s*name: )[a-z0-9-]+")
# Points at the schemas of exai's own repository; a project elsewhere has one of its own.
_SCHEMA_COMMENT = regex(r"\A# yaml-language-server: [^\n]*\n")

_EMPTY: Mapping[str, str] = {
    "exai.yaml": """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: my-project}
spec:
  specs: [specs/]
  environments:
    local: {target: local}
""",
    "specs/.gitkeep": "",
}


def init(directory: Path, template: str, name: str) -> Created:
    """Write the template's files below `directory`, which need not exist."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        return _failed(
            directory,
            template,
            Diagnostic(
                "invalid-name",
                f"`{name}` can't be a project's name",
                Span(""),
                hint="a name has small letters, digits and hyphens, and begins with a letter: "
                f"--name {suggested_name(Path(name))}",
            ),
        )
    files = {path: _named(path, text, name) for path, text in _template(template).items()}
    files[editor_schema.FILE] = editor_schema.text()
    taken = [path for path in sorted(files) if (directory / path).exists()]
    if taken:
        hint = "choose another folder, or move them away"
        message = f"{directory} already has {', '.join(taken)}: nothing was written"
        return _failed(directory, template, Diagnostic("file-exists", message, Span(""), hint=hint))
    for path, text in sorted(files.items()):
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    return Created(directory, template, name, tuple(sorted(files)))


def suggested_name(directory: Path) -> str:
    """A valid name that looks like the folder's: `My Project` becomes `my-project`."""
    words = re.findall(r"[a-z0-9]+", directory.absolute().name.lower())
    name = "-".join(words).lstrip("0123456789-")[:_LONGEST_NAME].rstrip("-")
    return name or "my-project"


def _template(name: str) -> Mapping[str, str]:
    if name == "empty":
        return _EMPTY
    folder = _folder(name)
    return {path: (folder / path).read_text("utf-8") for path in _files(folder)}


def _folder(name: str) -> Path:
    """Beside this module in a wheel; in the source tree the example itself."""
    here = Path(__file__).parent
    installed = here / "templates" / name
    return installed if installed.is_dir() else here.parents[1] / "examples" / name


def _files(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        if file.is_file() and not any(part in _LEFT_OUT for part in path.parts):
            yield path.as_posix()


def _named(path: str, text: str, name: str) -> str:
    text = _SCHEMA_COMMENT.sub("", text)
    if path.endswith(".yaml") and "apiVersion: exai.dev/" in text:
        text = editor_schema.comment(path) + text
    if path == "exai.yaml":
        text = _PROJECT_NAME.sub(lambda found: found[1] + name, text, count=1)
    return text


def _failed(directory: Path, template: str, found: Diagnostic) -> Created:
    return Created(directory, template, "", (), (found,))
