"""Real PostgreSQL and Redis servers for tests: Debian's, on loopback, on free ports, with a
password, ended when the block ends or when the test process dies.

`stop()` and `start()` take one away in the middle and bring it back with its data.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
_PATIENCE = 60.0  # seconds until a server must answer
_MISSING = "{} isn't installed: apt-get install -y postgresql redis-server, as `make services` does"


@dataclass
class _Server:
    """One process that can be ended and started again on its port and data."""

    command: Sequence[str]
    log: Path
    port: int
    ending: signal.Signals
    host: str = LOOPBACK
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.command[0]} didn't start:\n{self.log.read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Gone when this returns; what is in flight is cut off."""
        if self.process is not None:
            self.process.send_signal(self.ending)
            self.process.wait(_PATIENCE)
            self.process = None

    def answers(self) -> bool:
        raise NotImplementedError


@dataclass
class Postgres(_Server):
    """A PostgreSQL with one database and one user, who owns it and needs a password."""

    database: str = "ml"
    user: str = "exai"
    password: str = field(default_factory=lambda: f"pw-{secrets.token_hex(8)}")

    def answers(self) -> bool:
        import psycopg

        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str | None = None) -> Any:
        """A psycopg connection that commits each statement."""
        import psycopg

        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database or self.database,
            autocommit=True,
            connect_timeout=5,
        )

    def execute(self, sql: str, rows: Sequence[Sequence[Any]] | None = None) -> list[Any]:
        """Run a statement, for each of `rows` if given; what it returns, if anything."""
        with self.connect() as connection, connection.cursor() as cursor:
            if rows is not None:
                cursor.executemany(sql, rows)
                return []
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []


@dataclass
class Redis(_Server):
    """A Redis that keeps its data over a restart; with a password if it has one."""

    password: str = ""

    @property
    def connection_string(self) -> str:
        """As Feast's Redis online store takes it."""
        return f"{self.host}:{self.port}" + (f",password={self.password}" if self.password else "")

    def client(self) -> Any:
        import redis

        return redis.Redis(host=self.host, port=self.port, password=self.password or None)

    def answers(self) -> bool:
        import redis

        try:
            return bool(self.client().ping())
        except redis.exceptions.ConnectionError:
            return False


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server with an empty database."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        raise RuntimeError(_MISSING.format("PostgreSQL"))
    binaries = found[-1].parent
    with _folder("postgres") as folder:
        data, word = folder / "data", folder / "password"
        port = _free_port()
        server = Postgres(
            command=(
                *_as_somebody("postgres"),
                *(str(binaries / "postgres"), "-D", str(data)),
                *_settings("fsync=off", "unix_socket_directories=", "max_connections=40"),
                *_settings(f"port={port}", f"listen_addresses={LOOPBACK}"),
            ),
            log=folder / "log",
            port=port,
            ending=signal.SIGINT,  # "fast": connections are cut, data is kept
        )
        word.write_text(server.password)
        _give(folder, "postgres")
        subprocess.run(
            [
                *_as_somebody("postgres"),
                *(str(binaries / "initdb"), "-D", str(data), "-U", server.user),
                *("--pwfile", str(word), "-A", "scram-sha-256", "--no-sync"),
                *("--locale", "C", "--encoding", "UTF8"),
            ],
            check=True,
            capture_output=True,
        )
        with _running(server):
            with server.connect("postgres") as connection:
                connection.execute(f"CREATE DATABASE {server.database}")
            yield server


@contextlib.contextmanager
def redis_server(password: str = "") -> Iterator[Redis]:
    """An empty Redis server."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise RuntimeError(_MISSING.format("Redis"))
    with _folder("redis") as folder:
        port = _free_port()
        settings = folder / "redis.conf"
        lines = [f"port {port}", f"bind {LOOPBACK}", f"dir {folder}", "save 3600 1", "daemonize no"]
        settings.write_text("\n".join([*lines, *([f"requirepass {password}"] * bool(password))]))
        server = Redis(
            command=(*_dies_with_us(), binary, str(settings)),
            log=folder / "log",
            port=port,
            ending=signal.SIGTERM,
            password=password,
        )
        with _running(server):
            yield server


@contextlib.contextmanager
def _running(server: _Server) -> Iterator[None]:
    try:
        server.start()
        yield
    finally:
        server.stop()


@contextlib.contextmanager
def _folder(name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"exai-{name}-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settings(*settings: str) -> tuple[str, ...]:
    return tuple(part for setting in settings for part in ("-c", setting))


def _dies_with_us() -> tuple[str, ...]:
    """A killed test run leaves no server behind."""
    return ("setpriv", "--pdeathsig", "KILL")


def _as_somebody(user: str) -> tuple[str, ...]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return _dies_with_us()
    return (*_dies_with_us(), "--reuid", user, "--regid", user, "--clear-groups")


def _give(folder: Path, user: str) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user, user)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
