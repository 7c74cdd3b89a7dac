"""Whatever lies where specs are read: a diagnostic with its place, and bounded work.

What takes the time of a whole file is bounded by how much is looked at, never by a clock.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from exai_runtime.compiling import check_project
from exai_runtime.views.human.diagnostics import blocks
from exai_runtime.views.human.paint import PLAIN
from exai_runtime.views.sarif.log import log
from exai_runtime.workspace import load
from exai_specs.diagnostics import MAX_IN_FILE, Diagnostic, Span

PROJECT = """\
apiVersion: exai.dev/v1alpha1
kind: Project
metadata: {name: p}
spec: {specs: [specs/]}
"""
HEAD = "apiVersion: exai.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n"
STEP = HEAD + "  steps:\n    a:\n      uses: load-dataset\n"
NESTED = "".join(f"{' ' * depth}a:\n" for depth in range(600))
BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    (folder / "specs").mkdir(parents=True)
    (folder / "exai.yaml").write_text(PROJECT)
    return folder


def told(root: Path) -> list[Diagnostic]:
    loaded = load(root)
    found = list(check_project(loaded).diagnostics)
    for diagnostic in found:
        assert diagnostic.hint and diagnostic.at.line >= 1 and diagnostic.at.column >= 1
    assert len(found) <= 2 * (MAX_IN_FILE + 1)
    assert bool(list(blocks(found, loaded.sources, PLAIN))) == bool(found)
    return found


TEXTS: dict[str, tuple[str | bytes, str, str]] = {
    "alias-bomb": (BOMB, "alias-budget", "1:34"),
    "an-alias-of-itself": ("a: &a [*a]", "too-deep", "1:4"),
    "deep-flow": ("a: " + "[" * 100_000, "too-deep", "1:67"),
    "deep-block": (NESTED, "too-deep", "65:65"),
    "binary": (bytes(range(256)) * 4, "not-utf8", "3:115"),
    "a-null-byte": ("a: 1\nb: x\x00y\n", "not-text", "2:5"),
    "utf-16": ("\ufeff# x\na: 1\n".encode("utf-16-le"), "not-utf8", "1:1"),
    "utf-16-big": ("\ufeff# x\na: 1\n".encode("utf-16-be"), "not-utf8", "1:1"),
    "utf-32": ("\ufeff# x\na: 1\n".encode("utf-32-le"), "not-utf8", "1:1"),
    "utf-16-cut": ("\ufeffa: 1\n".encode("utf-16-le")[:-1], "not-utf8", "1:1"),
    "utf-8-with-a-mark": ("\ufeffa: 1\n", "byte-order-mark", "1:1"),
    "latin-1": ("a: 1\nb: größe\n".encode("latin-1"), "not-utf8", "2:6"),
    "a-break-that-is-none": ("a: x\u2028y\n", "not-text", "1:5"),
    "duplicate-keys": ("a: 1\nb: 2\na: 3\n", "duplicate-key", "3:1"),
    "sixty-thousand-equal-keys": ("a: 1\n" * 60_000, "duplicate-key", "2:1"),
    "a-tab": (HEAD + "\tsteps: {}\n", "tab", "5:1"),
    "a-long-list": (
        STEP + "      after: [" + "x, " * 100_000 + "]\n      with: {dataset: x}\n",
        "unknown-reference",
        "8:15",
    ),
    "a-million-elements": ("a: [" + "1," * 200_000 + "]\n", "missing-field", "1:1"),
    "many-wrong-documents": ("a: 1\n---\n" * 50_000, "missing-field", "1:1"),
    "many-tagged-documents": ("!!x {a: 1}\n---\n" * 50_000, "tag-not-allowed", "1:1"),
    "many-comments": ("# exai: allow x -- y\n" * 40_000 + PROJECT, "unusable-allow", "1:1"),
    "an-expression-that-is-none": (
        STEP + "      with: {dataset: '${{ a == }}'}\n",
        "bad-expression",
        "8:33",
    ),
    "expressions-without-end": (
        STEP + f"      with: {{dataset: '{'${{ ' * 50_000}'}}\n",
        "bad-expression",
        "8:28",
    ),
    "an-expression-in-a-flow-list": (
        STEP + "      with: {dataset: ${{ parameters.d }}}\n",
        "quote-expression",
        "8:23",
    ),
    "an-expression-with-a-colon": (
        STEP + "      with:\n        dataset: a: ${{ parameters.d }}\n",
        "yaml-syntax",
        "9:19",
    ),
    "an-expression-before-a-colon": (
        STEP + "      with:\n        dataset: ${{ parameters.d }}: x\n",
        "quote-expression",
        "9:18",
    ),
    "an-expression-with-a-comment": (
        STEP + "      with:\n        dataset: ${{ parameters.d # }}\n",
        "quote-expression",
        "9:18",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text(root: Path, name: str) -> None:
    text, code, place = TEXTS[name]
    data = text if isinstance(text, bytes) else text.encode()
    (root / "specs/x.yaml").write_bytes(data)
    found = [d for d in told(root) if d.at.path == "specs/x.yaml"]
    assert (found[0].code, f"{found[0].at.line}:{found[0].at.column}") == (code, place)


def large(place: Path) -> None:
    """A hundred gigabytes, none of them on the disk."""
    with place.open("wb") as file:
        file.truncate(100 << 30)


def a_socket(place: Path) -> None:
    here = Path.cwd()
    os.chdir(place.parent)  # the path of a socket has a hundred characters at most
    try:
        socket.socket(socket.AF_UNIX).bind(place.name)
    finally:
        os.chdir(here)


PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a-large-file": (large, "file-too-large"),
    "a-pipe": (os.mkfifo, "unreadable-file"),
    "a-socket": (a_socket, "unreadable-file"),
    "a-device": (lambda place: place.symlink_to("/dev/zero"), "path-leaves-project"),
    "a-link-to-itself": (lambda place: place.symlink_to(place), "unreadable-file"),
    "a-link-to-nothing": (lambda place: place.symlink_to("nothing.yaml"), "unreadable-file"),
    "a-link-out": (lambda place: place.symlink_to("/etc/hostname"), "path-leaves-project"),
    "a-link-up-and-out": (lambda place: place.symlink_to("../../x.yaml"), "path-leaves-project"),
    "a-folder-with-the-name-of-a-file": (lambda place: place.mkdir(), ""),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_hostile_place(root: Path, name: str) -> None:
    make, code = PLACES[name]
    make(root / "specs/x.yaml")
    found = told(root)
    assert [(d.code, str(d.at)) for d in found] == ([(code, "specs/x.yaml:1:1")] if code else [])


NAMES = (b"inv\xff\xfe.yaml", b"a\nb.yaml", b"\x1b[31mred.yaml", "\u202elmay.yaml".encode())


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_no_text(root: Path, name: bytes) -> None:
    """It is told in every form of a report, and no file is written that could not be read."""
    file = root / "specs" / os.fsdecode(name)
    file.write_text("a: 1\n")
    (found,) = told(root)
    assert (found.code, found.at.path) == ("unreadable-file", f"specs/{file.name}")
    assert found.message.isprintable()
    (result,) = log((found,), {}, "1", os.fsdecode(b"\xff/"), 1, True)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert unquote_to_bytes(place["artifactLocation"]["uri"]) == b"\xff/specs/" + name
    json.dumps(result, ensure_ascii=False).encode()


def test_a_message_stays_short_on_a_terminal() -> None:
    found = Diagnostic("unknown-reference", f"no Dataset `{'x' * 5000}`", Span(""), hint="y" * 900)
    assert all(len(line) < 250 for line in blocks([found], {}, PLAIN))
    note = Diagnostic("image-by-tag", f"`{'x' * 5000}` changes", Span(""), "note")
    assert all(len(line) < 250 for line in blocks([note], {}, PLAIN))


def test_a_folder_that_links_to_itself_is_read_once(root: Path) -> None:
    (root / "specs/again").symlink_to(root / "specs")
    (root / "specs/up").symlink_to(root)
    (root / "specs/x.yaml").write_text("a: 1\n")
    found = told(root)
    assert {d.at.path for d in found if d.severity == "error"} == {"specs/x.yaml"}
    assert [str(d.at) for d in found if d.code == "unread-file"] == [
        *("specs/again:1:1", "specs/up:1:1")
    ]


@pytest.mark.parametrize("entry", ["../", "/etc", "specs/../..", "link"])
def test_specs_that_lead_out(root: Path, entry: str) -> None:
    (root / "link").symlink_to(root.parent)
    (root / "exai.yaml").write_text(PROJECT.replace("specs/", entry))
    (found,) = told(root)
    assert (found.code, str(found.at)) == ("path-leaves-project", "exai.yaml:4:16")


@pytest.mark.parametrize("entry", ["x" * 300, "a\\0b", ".", "exai.yaml"])
def test_specs_with_strange_names(root: Path, entry: str) -> None:
    (root / "exai.yaml").write_text(PROJECT.replace("specs/", f'"{entry}"'))
    assert {d.code for d in load(root).diagnostics} <= {"missing-spec-folder", "not-text"}


def test_a_file_with_too_many_problems_is_left_at_that(root: Path) -> None:
    (root / "specs/x.yaml").write_text("a: 1\n---\n" * 50_000)
    found = told(root)
    assert found[-1].code == "more-problems"
    assert found[-1].message == "only the first 1000 problems of this file are listed"
