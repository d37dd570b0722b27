"""All that repeats a run: what it was made from, with which versions, on what machine.

Owns:    provenance, the hash of data.
Imports: evaluation.results, the standard library.
"""

import hashlib
import os
import platform
import shlex
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeAlias

from carousel.evaluation.results import Provenance

PACKAGES = (
    "carousel",
    "numpy",
    "scipy",
    "scikit-learn",
    "implicit",
    "lightfm-next",
    "fastslim",
    "pyarrow",
    "matplotlib",
)
"""Whose versions can change a number or a picture."""

PROJECT = Path(__file__).parents[3] / "pyproject.toml"
"""Of a checkout, which runs without being installed."""

Settings: TypeAlias = Mapping[str, str | int | float | bool]


def of_run(  # noqa: PLR0913 - one argument for each thing that repeats a run
    *,
    command: Sequence[str],
    made_at: datetime,
    seed: int,
    data: str,
    data_hash: str,
    settings: Settings,
    seconds: float,
) -> Provenance:
    """Return the provenance of a run that has ended.

    Args:
        command: words of the command line.
        made_at: when it ended; aware.
        seed: all of its dice came from it.
        data: what it ran on, in words.
        data_hash: SHA-256, hexadecimal.
        settings: of the run.
        seconds: wall time.
    """
    return Provenance(
        command=spoken(command),
        made_at=made_at.isoformat(timespec="seconds"),
        seed=seed,
        data=data,
        data_hash=data_hash,
        settings=dict(settings),
        versions=versions(),
        seconds=seconds,
        machine=machine(),
    )


def spoken(words: Sequence[str]) -> str:
    """Return a command as one would type it.

    >>> spoken(["carousel", "evaluate", "market", "my market"])
    "carousel evaluate market 'my market'"
    """
    return shlex.join(words)


def versions(names: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Return the versions of Python and of the packages among ``names`` that are installed."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    if "carousel" in names and PROJECT.is_file():
        found["carousel"] = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["version"]
    return found


def machine() -> str:
    """Return the machine in words that tell nobody whose it is."""
    cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    processors = "1 core" if cores == 1 else f"{cores} cores"
    return f"{processors}, {memory:.0f} GiB of memory, {platform.system()} on {platform.machine()}"


def hash_of(paths: Iterable[Path]) -> str:
    """Return the SHA-256 of files, of their names and contents, whatever order they come in."""
    total = hashlib.sha256()
    for path in sorted(paths, key=lambda one: one.name):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256")
        total.update(f"{path.name}\0{content.hexdigest()}\n".encode())
    return total.hexdigest()
