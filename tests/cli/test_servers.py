"""Commands find their servers: given by URL, already running, or started for them."""

import psycopg
import pytest
from pydantic import SecretStr

from carousel.cli.servers import as_environment, embedded_servers, reachable_servers, with_urls
from carousel.settings import PREFIX, Settings
from carousel.storage.embedded import running_pid


@pytest.fixture
def settings(open_directory, tmp_path) -> Settings:
    return Settings(data_directory=open_directory / tmp_path.name, shared_buffers_mb=32)


def server_version(settings: Settings) -> int:
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        return connection.info.server_version // 10_000


def test_servers_are_started_for_a_command_and_stopped_after_it(settings):
    with reachable_servers(settings) as complete:
        assert running_pid(settings.data_directory) is not None
        assert server_version(complete) == 18
    assert running_pid(settings.data_directory) is None


def test_servers_that_already_run_are_used_and_left_running(settings):
    with embedded_servers(settings) as running:
        with reachable_servers(settings) as complete:
            assert complete == with_urls(settings, running)
            assert server_version(complete) == 18
        assert len(running.pids) == 3


def test_a_server_given_by_url_is_not_embedded(settings):
    given = settings.model_copy(update={"database_url": SecretStr("postgresql://elsewhere/cars")})
    with embedded_servers(given) as running:
        assert set(running.pids) == {"Valkey (log)", "Valkey (cache)"}
        assert with_urls(given, running).database_url == given.database_url


def test_with_all_urls_given_nothing_is_started(settings):
    given = with_urls(settings, embedded_servers(settings))
    with reachable_servers(given) as complete:
        assert complete == given
        assert running_pid(settings.data_directory) is None


def test_another_process_reads_the_same_settings_from_the_environment(settings, monkeypatch):
    complete = with_urls(settings, embedded_servers(settings)).model_copy(
        update={"token_secret": SecretStr("x" * 40), "development_login": True, "port": 9000}
    )
    for name, value in as_environment(complete).items():
        assert name.startswith(PREFIX)
        monkeypatch.setenv(name, value)
    assert Settings() == complete
