"""What a step writes beside its place: how it is locked, and what isn't removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exai_components.half_written import half_written


def flags(path: Path) -> list[int]:
    """How this process has a file open (proc(5))."""
    found = []
    for each in Path("/proc/self/fd").iterdir():
        if each.is_symlink() and each.readlink() == path:
            told = Path("/proc/self/fdinfo", each.name).read_text()
            found.append(int(told.split("flags:")[1].split()[0], 8))
    return found


@pytest.mark.parametrize(("folder", "access"), [(False, os.O_RDWR), (True, os.O_RDONLY)])
def test_a_file_is_open_for_writing_so_that_nfs_locks_it(
    tmp_path: Path, folder: bool, access: int
) -> None:
    with half_written(tmp_path.resolve(), folder=folder) as half:
        assert [each & os.O_ACCMODE for each in flags(half)] == [access]
    assert list(tmp_path.iterdir()) == []


def test_what_is_left_goes_and_what_is_written_stays(tmp_path: Path) -> None:
    names = [f".exai-{digit * 16}.new" for digit in "abc"]
    (tmp_path / names[0]).write_text("left")
    (tmp_path / names[1]).mkdir()
    (tmp_path / names[2]).symlink_to(tmp_path / "elsewhere")
    with half_written(tmp_path) as first, half_written(tmp_path) as second:
        assert {each.name for each in tmp_path.iterdir()} == {names[2], first.name, second.name}
