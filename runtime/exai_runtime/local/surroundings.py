"""The environment of a child process: what exai says, and a short list of what a machine needs.

Nothing else of the user's own environment leaks into a run or a server: no PYTHONPATH, no Java, no
MLFLOW_TRACKING_URI, none of the variables that secrets come from. On a cluster nothing of it would
be there either.
"""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from exai_runtime.local.paths import cache_folder

_KEPT = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR",
        "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "VIRTUAL_ENV",
        "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
        "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES",
    }
)  # fmt: skip
_KEPT_PREFIXES = ("LC_",)

# Nothing that exai starts phones home.
SILENT: Mapping[str, str] = MappingProxyType(
    {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
        "FEAST_USAGE": "False",
        "GX_ANALYTICS_ENABLED": "false",
    }
)

_PACKAGES = ("exai_components", "exai_runtime", "exai_compiler", "exai_specs")


def surroundings() -> dict[str, str]:
    """A new environment to which a caller adds its own variables."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    # Next to this interpreter is usually the `python3` that steps' commands name.
    kept["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), kept.get("PATH", os.defpath)))
    kept["PYTHONUNBUFFERED"] = "1"
    kept["PYTHONUTF8"] = "1"
    kept["MPLCONFIGDIR"] = str(cache_folder() / "matplotlib")  # else it is made in the home folder
    if roots := _source_roots():
        kept["PYTHONPATH"] = os.pathsep.join(roots)
    return {**kept, **SILENT}


def _source_roots() -> tuple[str, ...]:
    """Folders that hold exai's own packages and aren't on every interpreter's path anyway. Imports
    none of them.
    """
    usual = {
        Path(folder).resolve() for folder in (*site.getsitepackages(), site.getusersitepackages())
    }
    roots: dict[str, None] = {}
    for package in _PACKAGES:
        found = find_spec(package)
        for folder in (found.submodule_search_locations or ()) if found else ():
            if (root := Path(folder).resolve().parent) not in usual:
                roots[str(root)] = None
    return tuple(roots)
