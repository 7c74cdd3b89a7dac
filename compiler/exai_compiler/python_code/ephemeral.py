"""A function as KFP's own lightweight component: its text is written to a file and executed there.

In: a function, what pip has to bring. Out: command and arguments, byte for byte as the SDK 2.17.0
has them (`_get_command_and_args_for_lightweight_component` and `_get_packages_to_install_command`
in kfp/dsl/component_factory.py); a test compares them. Never: a text that a shell would read as
more than one word; the checks hold packages and indexes to a pattern.
"""

from __future__ import annotations

import functools
from pathlib import Path

from exai_compiler.python_code.archive import Embedded, archive
from exai_compiler.python_code.function import Function
from exai_specs.kinds.step_parts import Pip

KFP = "2.17.0"
EXECUTOR = "kfp.dsl.executor_main"

PROGRAM = f"""\
program_path=$(mktemp -d)

printf "%s" "$0" > "$program_path/ephemeral_component.py"
_KFP_RUNTIME=true python3 -m {EXECUTOR} \
                        --component_module_path \
                        "$program_path/ephemeral_component.py" \
                        "$@"
"""
FILE = "ephemeral_component.py"
_INSTALL = """
if ! [ -x "$(command -v pip)" ]; then
    python3 -m ensurepip || python3 -m ensurepip --user || apt-get install python3-pip
fi

PIP_DISABLE_PIP_VERSION_CHECK=1 {} && "$0" "$@"
"""
_VENV = """
export PIP_DISABLE_PIP_VERSION_CHECK=1
tmp=$(mktemp -d)
python3 -m venv "$tmp/venv" --system-site-packages
. "$tmp/venv/bin/activate"
"""
_HEAD = """
import kfp
from kfp import dsl
from kfp.dsl import *
from typing import *

"""


_UNPACK = """__KFP_EMBEDDED_ARCHIVE_B64 = '@ARCHIVE@'

import base64 as __kfp_b64
import io as __kfp_io
import os as __kfp_os
import sys as __kfp_sys
import tarfile as __kfp_tarfile
import tempfile as __kfp_tempfile

# Extract embedded archive at import time to ensure sys.path and globals are set
__kfp_tmpdir = __kfp_tempfile.TemporaryDirectory()
__KFP_EMBEDDED_ASSET_DIR = __kfp_tmpdir.name
try:
    __kfp_bytes = __kfp_b64.b64decode(__KFP_EMBEDDED_ARCHIVE_B64.encode('ascii'))
    with __kfp_tarfile.open(fileobj=__kfp_io.BytesIO(__kfp_bytes), mode='r:gz') as __kfp_tar:
        __kfp_tar.extractall(path=__KFP_EMBEDDED_ASSET_DIR)
except Exception as __kfp_e:
    raise RuntimeError(f'Failed to extract embedded archive: {__kfp_e}')

# Always prepend the extracted directory to sys.path for import resolution
if __KFP_EMBEDDED_ASSET_DIR not in __kfp_sys.path:
    __kfp_sys.path.insert(0, __KFP_EMBEDDED_ASSET_DIR)
@FILE@
"""
_ONE_FILE = """
__KFP_EMBEDDED_ASSET_FILE = __kfp_os.path.join(__KFP_EMBEDDED_ASSET_DIR, @NAME@)
"""


def program(function: Function, beside: Embedded | None = None) -> str:
    """The text that is executed; with what it embeds, as `_generate_shared_extraction_helper` of
    kfp/dsl/component_factory.py has it, or a notebook with what runs it
    (`get_notebook_executor_source` of kfp/dsl/templates/notebook_executor.py).
    """
    if beside is None:
        return f"{_HEAD}{function.source}\n"
    if beside.is_notebook:
        run = _notebook_executor().replace("@NAME@", beside.file)
        unpack = run.replace("@ARCHIVE@", archive(beside))
        return f"{_HEAD.rstrip()}\n\n{unpack}\n\n\n{function.source}\n"
    one = _ONE_FILE.replace("@NAME@", repr(beside.file)) if beside.file else ""
    unpack = _UNPACK.replace("@FILE@", one).replace("@ARCHIVE@", archive(beside))
    return f"{_HEAD.rstrip()}\n\n{unpack}\n\n\n{function.source}\n"


@functools.cache
def _notebook_executor() -> str:
    file = Path(__file__).with_name("templates") / "notebook_executor.py.txt"
    return file.read_text("utf-8")


def command(
    function: Function, pip: Pip | None, beside: Embedded | None = None, *, with_kfp: bool
) -> tuple[str, ...]:
    """`with_kfp`: the image has KFP's SDK already, as exai's own have."""
    packages = pip.packages if pip is not None else ()
    installs = []
    options = _index_options(pip)
    if packages:
        installs.append(_pip_install(packages, options))
    if not with_kfp and not any(package.startswith("kfp") for package in packages):
        older = 'typing-extensions>=3.7.4,<5; python_version<"3.9"'
        # The SDK makes the environment after the packages, so that it holds nothing but KFP.
        venv = f"{_VENV} " if pip is not None and pip.venv else ""
        installs.append(venv + _pip_install((f"kfp=={KFP}", "--no-deps", older), options))
    before = ("sh", "-c", _INSTALL.format("  &&  ".join(installs))) if installs else ()
    return (*before, "sh", "-ec", PROGRAM, program(function, beside))


def arguments(function: Function) -> tuple[str, ...]:
    return ("--executor_input", "{{$}}", "--function_to_execute", function.name)


def _pip_install(parts: tuple[str, ...], options: str) -> str:
    words = " ".join(repr(part) for part in parts)
    return f"python3 -m pip install --quiet --no-warn-script-location {options}{words}"


def _index_options(pip: Pip | None) -> str:
    if pip is None or not pip.index_urls:
        return ""
    first, *more = pip.index_urls
    options = [f"--index-url {first}", *(f"--extra-index-url {url}" for url in more)]
    options += [f"--trusted-host {host}" for host in pip.trusted_hosts]
    return " ".join(options) + " "
