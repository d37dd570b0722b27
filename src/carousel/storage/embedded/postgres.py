"""PostgreSQL 18 with pgvector as a child of ours.

Owns:    creating a data directory, the settings of a small machine, start, readiness, stop.
Imports: storage.embedded.children, domain.errors, the standard library.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from carousel.domain.errors import ConfigurationError
from carousel.storage.embedded import children
from carousel.storage.embedded.children import Account

DATABASE = "carousel"
MAJOR_VERSION = "18"
PORT = 5432  # no port is opened; the number is part of the socket's name
ROOMY_SHARED_MEMORY = 1 << 30
RECOVERY_SECONDS = 600.0
ORPHAN_SECONDS = 30.0


class Postgres:
    """One server over one data directory. Create it, ``launch``, ``wait_until_ready``, ``stop``.

    data:     its data directory; created when absent, then owned by ``account``.
    sockets:  a private directory with a short path.
    log:      where it reports.
    programs: directory of its binaries.
    """

    name = "PostgreSQL"

    def __init__(  # noqa: PLR0913  # six independent facts about one server
        self,
        *,
        data: Path,
        sockets: Path,
        log: Path,
        programs: Path,
        account: Account | None,
        shared_buffers: str,
    ) -> None:
        self._data = data
        self._sockets = sockets
        self._log = log
        self._programs = programs
        self._account = account
        self._shared_buffers = shared_buffers
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Return the process id of the running server, None when it is not running."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def launch(self) -> None:
        """Start the server; creates the data directory first when there is none.

        Raises:
            ConfigurationError: the directory cannot be used; nothing was changed in it.
        """
        if not (self._data / "PG_VERSION").exists():
            self._create()
        self._check_version()
        lock = self._data.with_suffix(".lock")
        with children.held_by_server(lock, ORPHAN_SECONDS, self.name) as descriptor:
            # With the lock held no process of this directory is alive, whatever these files say;
            # PostgreSQL itself would be stopped by a zombie or by a process id used again.
            (self._data / "postmaster.pid").unlink(missing_ok=True)
            (self._sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
            self._child = children.start(
                [str(self._programs / "postgres"), "-D", str(self._data), *self._arguments()],
                children.fresh_log(self._log),
                death_signal=signal.SIGINT,  # fast shutdown: ends sessions, writes a checkpoint
                account=self._account,
                environment=_environment(),
                keep_open=(descriptor,),
            )

    def wait_until_ready(self) -> None:
        """Block until the server accepts connections; crash recovery may take a while.

        Raises:
            ConfigurationError: it ended instead, or is not ready after ten minutes.
        """
        child = self._child
        if child is None:
            raise RuntimeError("launch first")
        deadline = time.monotonic() + RECOVERY_SECONDS
        while not self._says_ready(child.pid):
            if child.poll() is not None:
                raise ConfigurationError(
                    f"PostgreSQL ended while starting: {_complaint(self._log)} (log: {self._log})."
                )
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"PostgreSQL was not ready after {RECOVERY_SECONDS:.0f} s; see {self._log}."
                )
            time.sleep(children.POLL_SECONDS)

    def stop(self) -> None:
        """Shut down cleanly; after 30 s at once, which the next start recovers from."""
        if self._child is not None:
            children.stop(self._child, [(signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0)])

    def _create(self) -> None:
        """Make a data directory with an empty database, complete or not at all."""
        unfinished = self._unfinished
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._account is not None:
            os.chown(unfinished, self._account.uid, self._account.gid)
        self._must(
            [
                *("initdb", "-D", str(unfinished), "--username=postgres", "--encoding=UTF8"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *("--auth-local=trust", "--auth-host=reject", "--data-checksums"),
                "--no-instructions",
            ]
        )
        self._must(
            ["postgres", "--single", "-D", str(unfinished), "template1"],
            typed=f"CREATE DATABASE {DATABASE}\n",
        )
        try:
            unfinished.rename(self._data)
        except OSError as error:
            raise ConfigurationError(
                f"{self._data} holds files but no database; move them away and start again."
            ) from error

    @property
    def _unfinished(self) -> Path:
        return self._data.with_suffix(".unfinished")

    def _must(self, command: list[str], typed: str = "") -> None:
        result = children.run(
            [str(self._programs / command[0]), *command[1:]],
            account=self._account,
            environment=_environment(),
            typed=typed,
        )
        complaints = [line for line in result.stderr.splitlines() if _is_complaint(line)]
        if result.returncode != 0 or complaints:
            shutil.rmtree(self._unfinished, ignore_errors=True)  # it may be what filled the disk
            # The first complaint is the cause, the later ones are what came of it.
            why = (complaints or result.stderr.splitlines() or [f"{result.returncode}"])[0]
            raise ConfigurationError(f"{self._data} could not be created: {_sentence(why)}.")

    def _check_version(self) -> None:
        try:
            found = (self._data / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise ConfigurationError(
                f"{self._data} cannot be read ({error.strerror}); it belongs to another user."
            ) from error
        if found != MAJOR_VERSION:
            raise ConfigurationError(
                f"{self._data} was written by PostgreSQL {found}, this is {MAJOR_VERSION}; move it "
                f"away, or dump it with a PostgreSQL {found} and load it into a new one."
            )

    def _says_ready(self, pid: int) -> bool:
        with suppress(OSError, IndexError, ValueError):
            lines = (self._data / "postmaster.pid").read_text().splitlines()
            return int(lines[0]) == pid and lines[7].strip() == "ready"
        return False

    def _arguments(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "port": PORT,
            "unix_socket_directories": f'"{self._sockets}"',
            "unix_socket_permissions": "0700",
            "max_connections": 100,
            "shared_buffers": self._shared_buffers,
            "maintenance_work_mem": "256MB",
            "max_wal_size": "2GB",
            "wal_compression": "pglz",
            "random_page_cost": 1.1,
            "jit": "off",  # our queries are short; compiling them costs more than it saves
            "fsync": "on",
            "synchronous_commit": "on",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
            **_parallelism(),
        }
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def database_url(sockets: Path) -> str:
    """Return the URL under which asyncpg and psycopg find the server.

    >>> database_url(Path("/tmp/a b"))
    'postgresql://postgres@/carousel?host=/tmp/a%20b&port=5432'
    """
    return f"postgresql://postgres@/{DATABASE}?host={quote(str(sockets))}&port={PORT}"


def _parallelism() -> dict[str, object]:
    """Return settings that keep parallel work out of a /dev/shm too small for it.

    Containers often have 64 MB there, which a parallel index build overflows.
    """
    try:
        free = shutil.disk_usage("/dev/shm").free  # noqa: S108  # asked for its size, not written
    except OSError:
        return {
            "dynamic_shared_memory_type": "mmap",
            "max_parallel_maintenance_workers": 0,
            "max_parallel_workers_per_gather": 0,
        }
    if free < ROOMY_SHARED_MEMORY:
        return {"max_parallel_maintenance_workers": 0, "max_parallel_workers_per_gather": 0}
    return {"max_parallel_maintenance_workers": 2}


def _environment() -> dict[str, str]:
    """Return a small environment: PGPORT, PGDATA or a locale of the caller must not leak in."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _is_complaint(line: str) -> bool:
    return any(word in line for word in ("FATAL:", "ERROR:", "PANIC:", "error:"))


def _complaint(log: Path) -> str:
    """Return the first complaint of a log that begins with this start, or its last line."""
    lines = children.last_lines(log, 50).splitlines()
    return _sentence(next(filter(_is_complaint, lines), lines[-1] if lines else "no word"))


def _sentence(line: str) -> str:
    """Return what a log line says, without time, process and level.

    >>> _sentence("2026-01-01 10:00:00.000 UTC [7] FATAL:  no space left")
    'no space left'
    """
    for word in ("FATAL:", "ERROR:", "PANIC:", "error:"):
        line = line.rpartition(word)[2]
    return line.strip().rstrip(".")
