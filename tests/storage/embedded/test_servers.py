"""The embedded servers start, keep what they were given, and never outlive or block anybody."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
import valkey

from carousel.domain.errors import ConfigurationError
from carousel.storage.embedded import EmbeddedServers, Server, children, running_pid

HOLDER = """
import sys, time
from pathlib import Path
from carousel.storage.embedded import EmbeddedServers
servers = EmbeddedServers(Path(sys.argv[1]), shared_buffers="32MB")
servers.start()
print(*servers.pids.values(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def home(open_directory: Path) -> Path:
    directory = Path(tempfile.mkdtemp(dir=open_directory))
    directory.chmod(0o755)
    return directory / "home"


@pytest.fixture
def holder(home: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Another process that has started the servers; its process ids."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)], stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process, [int(word) for word in process.stdout.readline().split()]
        process.kill()


def embedded(home: Path) -> EmbeddedServers:
    return EmbeddedServers(home, shared_buffers="32MB")


def living(pids: list[int]) -> list[int]:
    return [pid for pid in pids if state(pid) not in "ZX"]


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def backends(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while living(pids):
        assert time.monotonic() < deadline, f"{living(pids)} still alive"
        time.sleep(0.02)


def remember(running: EmbeddedServers) -> None:
    with psycopg.connect(running.database_url) as connection:
        connection.execute("CREATE TABLE cars (name text)")
        connection.execute("INSERT INTO cars VALUES ('Octavia')")
    with valkey.Valkey.from_url(running.log_url) as log:
        log.xadd("events", {"car": "Octavia"})
        log.waitaof(1, 0, 1000)


def recall(running: EmbeddedServers) -> tuple[str, int]:
    with psycopg.connect(running.database_url) as connection:
        row = connection.execute("SELECT name FROM cars").fetchone()
    with valkey.Valkey.from_url(running.log_url) as log:
        return row[0], log.xlen("events")


def test_what_was_written_survives_a_stop_and_a_start(home):
    with embedded(home) as running:
        remember(running)
    with embedded(home) as running:
        assert recall(running) == ("Octavia", 1)


def test_the_servers_die_with_a_killed_parent_and_start_again(home, holder):
    process, pids = holder
    everything = [*pids, *backends(pids[0])]
    process.kill()
    wait_until_gone(everything)
    with embedded(home) as running:
        assert len(running.pids) == 3


def test_after_everything_was_killed_at_once_the_servers_start_with_all_data(home, holder):
    process, pids = holder
    remember(embedded(home))
    os.kill(process.pid, signal.SIGSTOP)  # so that nobody reaps: the servers stay zombies a while
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    process.kill()
    with embedded(home) as running:
        assert recall(running) == ("Octavia", 1)


def test_a_stale_process_id_that_somebody_else_now_has_does_not_hinder(home):
    with embedded(home):
        pass
    (home / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{home}\n0\n5432\n\n\n\n")
    with embedded(home) as running:
        assert "PostgreSQL" in running.pids


@pytest.mark.parametrize("name", ["PostgreSQL", "Valkey (log)", "Valkey (cache)"])
def test_a_killed_server_is_revived_on_the_same_socket(home, name):
    with embedded(home) as running:
        remember(running)
        assert running.revive() == []
        before = running.pids
        os.kill(before[name], signal.SIGKILL)
        while name in running.pids:
            time.sleep(0.01)
        assert running.revive() == [name]
        assert recall(running) == ("Octavia", 1)
        assert running.pids != before


def test_a_second_start_is_refused_by_naming_the_process_that_holds_the_directory(home, holder):
    process, _ = holder
    assert running_pid(home) == process.pid
    with pytest.raises(ConfigurationError, match=f"in use by process {process.pid};"):
        embedded(home).start()
    with psycopg.connect(embedded(home).database_url) as undisturbed:
        assert undisturbed.info.server_version >= 180_000


def test_a_directory_nobody_holds_has_no_running_process(home):
    assert running_pid(home) is None
    with embedded(home):
        assert running_pid(home) == os.getpid()
    assert running_pid(home) is None


def test_an_append_is_on_disk_before_it_is_answered(log_url):
    with valkey.Valkey.from_url(log_url) as log:
        assert log.config_get("appendfsync") == {"appendfsync": "always"}
        assert log.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        log.xadd("events", {"car": "Octavia"})
        assert log.waitaof(1, 0, 1000) == [1, 0]


def test_the_cache_is_bounded_and_writes_nothing(cache_url):
    with valkey.Valkey.from_url(cache_url) as cache:
        assert cache.config_get("maxmemory") == {"maxmemory": str(64 << 20)}
        assert cache.config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lru"}
        assert cache.config_get("appendonly") == {"appendonly": "no"}
        assert cache.config_get("save") == {"save": ""}


def test_the_database_is_durable_and_knows_vectors(servers):
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)
        row = connection.execute(
            "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"
        ).fetchone()
    assert tuple(map(int, row[0].split("."))) >= (0, 8)


def test_no_server_listens_on_the_network(servers):
    for pid in servers.pids.values():
        inodes = set()
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            target = descriptor.readlink().name
            if target.startswith("socket:"):
                inodes.add(target.removeprefix("socket:[").removesuffix("]"))
        assert inodes, "a server has at least its unix socket"
        for table in ("tcp", "tcp6"):
            rows = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
            assert not inodes & {row.split()[9] for row in rows}


def test_only_the_owner_can_enter_the_sockets_and_the_data(home):
    with embedded(home):
        for name in ("sockets", "postgres", "log", "cache", "logs"):
            assert (home / name).stat().st_mode & 0o077 == 0, name


def test_a_long_path_gets_its_sockets_elsewhere_and_leaves_nothing_there(home):
    deep = home / ("x" * 60) / ("y" * 60)
    with embedded(deep) as running:
        remember(running)
        assert recall(running) == ("Octavia", 1)
        sockets = Path(unquote(urlsplit(running.log_url).path)).parent
        assert not sockets.is_relative_to(home)
    assert not sockets.exists()


def test_only_the_wanted_servers_are_started(home):
    with EmbeddedServers(home, servers=[Server.CACHE]) as running:
        assert list(running.pids) == ["Valkey (cache)"]


def test_data_of_another_version_is_refused_and_left_alone(home):
    with embedded(home):
        pass
    (home / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(ConfigurationError, match="written by PostgreSQL 16, this is 18"):
        embedded(home).start()
    assert running_pid(home) is None
    assert (home / "postgres" / "PG_VERSION").read_text() == "16\n"


def test_a_directory_with_other_peoples_files_is_refused(home):
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "letter.txt").write_text("Dear Jane")
    with pytest.raises(ConfigurationError, match="holds files but no database"):
        embedded(home).start()
    assert (home / "postgres" / "letter.txt").read_text() == "Dear Jane"


def test_a_directory_that_cannot_be_made_is_refused(home):
    home.write_text("a file, not a directory")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        embedded(home / "below").start()


def test_sockets_that_somebody_else_could_enter_are_refused(home):
    (home / "sockets").mkdir(parents=True)
    (home / "sockets").chmod(0o777)
    with pytest.raises(ConfigurationError, match="must be a directory of mode 0700"):
        embedded(home).start()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing_running(home):
    with embedded(home):
        pass
    (home / "postgres" / "postgresql.auto.conf").write_text("shared_preload_libraries = 'nope'\n")
    with pytest.raises(ConfigurationError, match=r'could not access file "nope"'):
        embedded(home).start()
    assert running_pid(home) is None
    with EmbeddedServers(home, servers=[Server.LOG, Server.CACHE]) as running:
        assert len(running.pids) == 2


def test_an_interrupted_creation_is_done_again(home):
    (home / "postgres.unfinished" / "base").mkdir(parents=True)
    with embedded(home) as running:
        remember(running)


def test_settings_of_the_caller_do_not_leak_into_the_server(home, monkeypatch):
    monkeypatch.setenv("PGPORT", "9999")
    monkeypatch.setenv("PGDATA", "/nonexistent")
    with embedded(home) as running:
        remember(running)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to switch user")
def test_as_root_the_servers_run_as_somebody_else(servers):
    for pid in servers.pids.values():
        assert Path(f"/proc/{pid}").stat().st_uid == children.unprivileged_account().uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to switch user")
def test_as_root_a_private_home_is_refused_with_a_way_out(tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    with pytest.raises(ConfigurationError, match="such as /var/lib/carousel"):
        embedded(private / "data").start()
