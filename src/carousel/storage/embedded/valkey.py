"""Valkey as a child of ours: once as the event log, once as the cache.

Owns:    the settings of the two instances, start, readiness, stop.
Imports: storage.embedded.children, domain.errors, the standard library.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from carousel.domain.errors import ConfigurationError
from carousel.storage.embedded import children
from carousel.storage.embedded.children import Account

LOADING_SECONDS = 600.0
ORPHAN_SECONDS = 30.0

LOG_SETTINGS: Mapping[str, str] = {
    "appendonly": "yes",
    # An answer is sent only after the entry is on disk: 202 means kept.
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    "maxmemory": "0",
    "maxmemory-policy": "noeviction",
}
CACHE_SETTINGS: Mapping[str, str] = {
    "appendonly": "no",
    "maxmemory": "64mb",
    "maxmemory-policy": "allkeys-lru",
}


class Valkey:
    """One server. Create it, ``launch``, ``wait_until_ready``, ``stop``.

    data:     where it works; created when absent, then owned by ``account``.
    path:     its unix socket, in a private directory.
    log:      where it reports.
    settings: LOG_SETTINGS or CACHE_SETTINGS.
    """

    def __init__(  # noqa: PLR0913  # seven independent facts about one server
        self,
        *,
        name: str,
        data: Path,
        path: Path,
        log: Path,
        program: Path,
        account: Account | None,
        settings: Mapping[str, str],
    ) -> None:
        self.name = name
        self._data = data
        self._path = path
        self._log = log
        self._program = program
        self._account = account
        self._settings = settings
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Return the process id of the running server, None when it is not running."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def launch(self) -> None:
        """Start the server.

        Raises:
            ConfigurationError: an earlier server of this directory does not end.
        """
        self._data.mkdir(mode=0o700, exist_ok=True)
        if self._account is not None:
            os.chown(self._data, self._account.uid, self._account.gid)
        settings = {
            "port": "0",
            "unixsocket": str(self._path),
            "unixsocketperm": "700",
            "dir": str(self._data),
            "save": "",
            "daemonize": "no",
            **self._settings,
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        lock = self._data.with_suffix(".lock")
        with children.held_by_server(lock, ORPHAN_SECONDS, self.name) as descriptor:
            self._child = children.start(
                [str(self._program), *words],
                children.fresh_log(self._log),
                account=self._account,
                environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                directory=Path("/"),
                keep_open=(descriptor,),
            )

    def wait_until_ready(self) -> None:
        """Block until the server answers, which includes reading its file back into memory.

        Raises:
            ConfigurationError: it ended instead, or is not ready after ten minutes.
        """
        child = self._child
        if child is None:
            raise RuntimeError("launch first")
        deadline = time.monotonic() + LOADING_SECONDS
        while not self._answers():
            if child.poll() is not None:
                said = children.last_lines(self._log, 1).rstrip(".")
                raise ConfigurationError(
                    f"{self.name} ended while starting: {said} (log: {self._log})."
                )
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"{self.name} was not ready after {LOADING_SECONDS:.0f} s; see {self._log}."
                )
            time.sleep(children.POLL_SECONDS)

    def stop(self) -> None:
        """Shut down cleanly: the log is flushed to disk first."""
        if self._child is not None:
            children.stop(self._child, [(signal.SIGTERM, 30.0)])

    def _answers(self) -> bool:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1.0)
            connection.connect(str(self._path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False


def valkey_url(path: Path) -> str:
    """Return the URL under which the client finds the server.

    >>> valkey_url(Path("/tmp/a b/log.sock"))
    'unix:///tmp/a%20b/log.sock'
    """
    return f"unix://{quote(str(path))}"
