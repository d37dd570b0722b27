"""Real servers without an installation: PostgreSQL and Valkey from wheels, started and kept by us.

Owns:    the three servers over one data directory: layout, order, exclusive use, revival.
Imports: domain.errors, the standard library. Linux only.

Layout of the data directory: ``postgres/``, ``log/`` and ``cache/`` belong to the servers,
``logs/`` holds what they print, ``sockets/`` is the only way in, ``*.lock`` tell who is alive.
"""

import errno
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Collection
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from carousel.domain.errors import ConfigurationError
from carousel.storage.embedded.binaries import postgres_programs, valkey_program
from carousel.storage.embedded.children import (
    POLL_SECONDS,
    Account,
    can_enter,
    lock_file,
    unprivileged_account,
)
from carousel.storage.embedded.postgres import PORT, Postgres, database_url
from carousel.storage.embedded.valkey import CACHE_SETTINGS, LOG_SETTINGS, Valkey, valkey_url

__all__ = ["EmbeddedServers", "Server", "running_pid"]

LONGEST_SOCKET_PATH = 107
DYING_SECONDS = 1.0


class Server(StrEnum):
    """The servers that can be embedded."""

    DATABASE = "database"
    LOG = "log"
    CACHE = "cache"


class EmbeddedServers:
    """The servers over one data directory; at most one process holds it at a time.

    Start them from the main thread. They end when this process ends, however it ends, and start
    again over whatever was left behind.

    directory:      created when absent. The URLs depend on it alone, so another process can name
                    the sockets of servers that already run.
    servers:        which of them are wanted.
    shared_buffers: memory PostgreSQL keeps pages in.
    """

    def __init__(
        self,
        directory: Path,
        *,
        servers: Collection[Server] = tuple(Server),
        shared_buffers: str = "256MB",
    ) -> None:
        self._directory = directory.absolute()
        self._wanted = frozenset(servers)
        self._shared_buffers = shared_buffers
        self._sockets = _socket_directory(self._directory)
        self._running: list[Postgres | Valkey] = []
        self._lock: int | None = None

    @property
    def database_url(self) -> str:
        """Return the URL of the database ``carousel``, for asyncpg and psycopg alike."""
        return database_url(self._sockets)

    @property
    def log_url(self) -> str:
        """Return the URL of the Valkey that keeps the event log, every entry on disk."""
        return valkey_url(self._sockets / "log.sock")

    @property
    def cache_url(self) -> str:
        """Return the URL of the Valkey that caches and forgets."""
        return valkey_url(self._sockets / "cache.sock")

    @property
    def pids(self) -> dict[str, int]:
        """Return the process id of each server that is alive, by its name."""
        return {s.name: s.pid for s in self._running if s.pid is not None}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the wanted servers side by side and return when all of them answer.

        Raises:
            ConfigurationError: the directory is in use or cannot be used, or a server did not
                start; then none is left running.
        """
        if not sys.platform.startswith("linux"):
            raise ConfigurationError(
                "The embedded servers need Linux; elsewhere set CAROUSEL_DATABASE_URL, "
                "CAROUSEL_LOG_URL and CAROUSEL_CACHE_URL to servers of your own."
            )
        account = unprivileged_account()
        _make_directory(self._directory, account)
        self._lock = _hold(self._directory / "lock")
        try:
            _make_private(self._sockets, account)
            self._running = self._servers(account)
            for server in self._running:
                server.launch()
            for server in self._running:
                server.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every server cleanly and free the directory. Does nothing when none runs."""
        for server in reversed(self._running):
            server.stop()
        self._running = []
        if self._lock is not None:
            if self._sockets.parent != self._directory:
                shutil.rmtree(self._sockets, ignore_errors=True)
            os.close(self._lock)
            self._lock = None

    def revive(self) -> list[str]:
        """Start every server that has died again, on the same socket; return their names.

        Call it every second or so from the main thread.

        Raises:
            ConfigurationError: a server does not come back; another call tries again.
        """
        dead = [server for server in self._running if server.pid is None]
        for server in dead:
            server.launch()
            server.wait_until_ready()
        return [server.name for server in dead]

    def _servers(self, account: Account | None) -> list[Postgres | Valkey]:
        home, runtime, logs = self._directory, self._directory / "runtime", self._directory / "logs"
        servers: list[Postgres | Valkey] = []
        if Server.DATABASE in self._wanted:
            servers.append(
                Postgres(
                    data=home / "postgres",
                    sockets=self._sockets,
                    log=logs / "postgres.log",
                    programs=postgres_programs(runtime, account),
                    account=account,
                    shared_buffers=self._shared_buffers,
                )
            )
        for part, settings in ((Server.LOG, LOG_SETTINGS), (Server.CACHE, CACHE_SETTINGS)):
            if part in self._wanted:
                servers.append(
                    Valkey(
                        name=f"Valkey ({part})",
                        data=home / part,
                        path=self._sockets / f"{part}.sock",
                        log=logs / f"valkey-{part}.log",
                        program=valkey_program(runtime, account),
                        account=account,
                        settings=settings,
                    )
                )
        return servers


def running_pid(directory: Path) -> int | None:
    """Return the process that holds a data directory, None when it is free.

    The lock decides, not the number in the file: a number outlives its process.
    """
    try:
        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if lock_file(descriptor):
            return None
        with suppress(ValueError):
            return int(os.pread(descriptor, 32, 0))
        return 0  # it has only just taken the lock and not yet written who it is
    finally:
        os.close(descriptor)


def _hold(path: Path) -> int:
    """Take the data directory for this process and return the descriptor that holds it.

    A process that was just killed may hold it for a moment longer, hence a short patience.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + DYING_SECONDS
    while not lock_file(descriptor):
        if time.monotonic() > deadline:
            owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise ConfigurationError(
                f"{path.parent} is in use by process {owner}; stop it, "
                "or set CAROUSEL_DATA_DIRECTORY to another directory."
            )
        time.sleep(POLL_SECONDS)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _make_directory(directory: Path, account: Account | None) -> None:
    try:
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        (directory / "logs").mkdir(mode=0o700, exist_ok=True)
        (directory / "runtime").mkdir(mode=0o755, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The data directory {directory} cannot be written ({_reason(error)}); "
            "set CAROUSEL_DATA_DIRECTORY to one that can."
        ) from error
    if account is not None and not can_enter(directory, account):
        raise ConfigurationError(
            f"As root, PostgreSQL runs as the user {account.name}, who cannot enter {directory}; "
            "set CAROUSEL_DATA_DIRECTORY to a directory outside private homes, "
            "such as /var/lib/carousel."
        )


def _socket_directory(directory: Path) -> Path:
    """Return where the sockets go: inside the data directory, or nearer if its path is too long.

    A comma or a colon in a path means something else in a database URL.
    """
    inside = directory / "sockets"
    longest = len(os.fsencode(inside / f".s.PGSQL.{PORT}"))
    if longest <= LONGEST_SOCKET_PATH and not set(",:\"'") & set(str(inside)):
        return inside
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"carousel-{os.geteuid()}-{digest}"


def _make_private(directory: Path, account: Account | None) -> None:
    """Make a directory that only its owner may enter, and refuse one that somebody planted."""
    owner = account.uid if account else os.geteuid()
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
        if account is not None:
            os.chown(directory, account.uid, account.gid)
    found = directory.lstat()
    private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) & 0o077 == 0
    if not private or found.st_uid != owner:
        raise ConfigurationError(
            f"{directory} must be a directory of mode 0700 owned by user {owner}, "
            "because whoever enters it can use the servers; remove it and start again."
        )


def _reason(error: OSError) -> str:
    """Return why the operating system refused, in lower case.

    >>> _reason(OSError(errno.EROFS, "Read-only file system"))
    'read-only file system'
    """
    text = error.strerror or errno.errorcode.get(error.errno or 0, "unknown reason")
    return text[:1].lower() + text[1:]
