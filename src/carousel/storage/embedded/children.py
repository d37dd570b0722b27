"""Programs that run as our children, in the foreground, and never outlive us.

Owns:    starting a child on a leash (see leash.py), its log file, its user, stopping it.
Imports: domain.errors, the standard library. Linux only.
"""

import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from carousel.domain.errors import ConfigurationError

LEASH = Path(__file__).with_name("leash.py")
OLD_LOGS_KEPT = 3
LOOK_BACK = 131_072  # bytes: two of the longest lines
POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the operating system that a child runs as."""

    name: str
    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """Return who the servers run as when we are root, None when we are not.

    PostgreSQL refuses to run as root. No account is created: ``postgres`` where it exists, else
    ``nobody``.

    Raises:
        ConfigurationError: we are root and neither account exists.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "PostgreSQL cannot run as root and this machine has neither a user postgres nor nobody; "
        "run Carousel as an ordinary user or set CAROUSEL_DATABASE_URL to a server of your own."
    )


def leashed(
    program: Sequence[str], death_signal: signal.Signals, account: Account | None
) -> list[str]:
    """Return the command line that runs ``program`` as a child of this process on a leash."""
    user = f"{account.uid}:{account.gid}" if account else "-"
    # -I -S: no site-packages, no environment; 15 ms instead of 60.
    interpreter = [sys.executable, "-I", "-S", str(LEASH)]
    return [*interpreter, str(os.getpid()), str(int(death_signal)), user, *program]


def start(  # noqa: PLR0913  # each keyword is one property of the child
    program: Sequence[str],
    log: Path,
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    directory: Path = Path("/"),
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own; everything it prints goes to ``log``.

    Its own group keeps a Ctrl-C in the terminal from reaching it behind our back. The kernel sends
    ``death_signal`` when the *thread* that started it ends, hence only the main thread may.

    Args:
        program: absolute path and arguments.
        log: appended to; created readable by its owner only.
        death_signal: what the child receives when we die, however we die.
        account: whom it runs as, None for ourselves.
        environment: its whole environment, None for ours.
        directory: where it works.
        keep_open: file descriptors it inherits under the same numbers.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children are started from the main thread")
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(  # noqa: S603  # the caller's own program, no shell
            leashed(program, death_signal, account),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd=directory,
            env=dict(environment) if environment is not None else None,
            pass_fds=keep_open,
            process_group=0,
        )
    finally:
        os.close(descriptor)


def run(
    program: Sequence[str],
    *,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    typed: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run a short program to its end on the same leash; ``typed`` is its standard input."""
    return subprocess.run(  # noqa: S603  # the caller's own program, no shell
        leashed(program, signal.SIGKILL, account),
        input=typed,
        capture_output=True,
        text=True,
        errors="replace",
        cwd="/",
        env=dict(environment) if environment is not None else None,
        process_group=0,
        check=False,
    )


def stop(child: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal and wait its seconds until the child has ended; SIGKILL is the last step."""
    for number, seconds in steps:
        if child.poll() is not None:
            return
        child.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
            return
    child.kill()
    child.wait()


def fresh_log(path: Path) -> Path:
    """Make room for a new log: ``x.log`` becomes ``x.1.log`` and so on; the oldest goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _make_room(path, first=1)
    return path


def _make_room(path: Path, first: int) -> None:
    for age in range(OLD_LOGS_KEPT, first - 1, -1):
        with suppress(FileNotFoundError):
            _older(path, age - 1).replace(_older(path, age))


def _older(path: Path, age: int) -> Path:
    return path.with_suffix(f".{age}{path.suffix}") if age else path


def bounded_log(path: Path, largest: int) -> None:
    """Give a log that has grown larger than so many bytes an empty file to go on in.

    Its writer keeps the file open, so its text is copied and the file emptied; a line written in
    the instant between the two is lost. The writer must append.
    """
    with suppress(FileNotFoundError):
        if path.stat().st_size <= largest:
            return
        aside = path.with_suffix(".full")
        with path.open("rb") as full, aside.open("wb") as copy:
            os.fchmod(copy.fileno(), 0o600)
            shutil.copyfileobj(full, copy)
            copy.write(full.read())  # what came while it was copied
            copy.flush()
            os.truncate(path, 0)
        _make_room(path, first=2)
        aside.replace(_older(path, 1))


def last_lines(path: Path, count: int = 5) -> str:
    """Return the last lines of a log, one per line, or an empty text when there are none.

    Of a line of JSON that a process of ours wrote: what it says, and the last line of its error.
    """
    try:
        with path.open("rb") as file:
            if (before := path.stat().st_size - LOOK_BACK) > 0:
                file.seek(before)
                file.readline()  # the end of a line
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join([_said(line) for line in text.splitlines() if line.strip()][-count:])


def _said(line: str) -> str:
    try:
        said = json.loads(line)
    except ValueError:
        return line
    if not isinstance(said, dict) or "event" not in said:
        return line
    error = str(said.get("exception", "")).strip().rpartition("\n")[2]
    return f"{said['event']}: {error}" if error else str(said["event"])


def can_run(program: Sequence[str], account: Account) -> bool:
    """Return whether an account can run a program, asked of the kernel itself."""
    return run(program, account=account).returncode == 0


def can_enter(directory: Path, account: Account) -> bool:
    """Return whether an account may enter a directory, asked of the kernel itself."""
    enter = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory)]
    return can_run(enter, account)


@contextmanager
def held_by_server(path: Path, seconds: float, what: str) -> Iterator[int]:
    """Yield a locked file descriptor to be inherited by a server and all of its own children.

    The lock is free again when the last of them is gone, however they ended: that is the proof
    that stale files may be removed, which no process id can give.

    Raises:
        ConfigurationError: an earlier server still lives after ``seconds``.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + seconds
        while not lock_file(descriptor):
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"An earlier {what} of {path.parent} is still running after {seconds:.0f} s; "
                    f"end it (fuser {path} names it) and start again."
                )
            time.sleep(POLL_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)


def lock_file(descriptor: int) -> bool:
    """Lock an open file for its holders alone; return False if others hold it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
