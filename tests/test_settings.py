"""The settings read what an operator wrote, refuse what cannot be, and are documented."""

import os
from pathlib import Path

import pytest

from carousel.domain.errors import ConfigurationError
from carousel.settings import PREFIX, Settings, read_settings, settings_table

DOCUMENT = Path(__file__).parents[1] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def _no_settings_of_the_caller(monkeypatch):
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def refusal(monkeypatch, variables: dict[str, str]) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(ConfigurationError) as caught:
        read_settings()
    return str(caught.value)


def test_the_document_holds_the_table_of_the_class():
    assert settings_table() in DOCUMENT.read_text(), "paste carousel.settings.settings_table()"


def test_every_setting_says_what_it_means():
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_without_variables_there_is_a_default_for_everything():
    settings = read_settings()
    assert (settings.host, settings.port, settings.listings) == ("127.0.0.1", 8080, 20_000)
    assert settings.database_url is settings.log_url is settings.cache_url is None
    assert settings.data_directory.is_absolute()


def test_a_variable_is_read_with_its_type(monkeypatch):
    monkeypatch.setenv("CAROUSEL_PORT", "9000")
    monkeypatch.setenv("CAROUSEL_DATA_DIRECTORY", "~/cars")
    settings = read_settings()
    assert settings.port == 9000
    assert settings.data_directory == Path.home() / "cars"


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("CAROUSEL_PORT", "")
    assert read_settings().port == 8080


def test_a_wrong_value_is_refused_by_naming_its_variable(monkeypatch):
    assert refusal(monkeypatch, {"PORT": "99999"}).startswith("CAROUSEL_PORT: ")


def test_a_short_secret_is_refused_without_repeating_it(monkeypatch):
    sentence = refusal(monkeypatch, {"TOKEN_SECRET": "hunter2"})
    assert sentence == "CAROUSEL_TOKEN_SECRET: must have at least 32 characters."


def test_workers_must_divide_the_shards_evenly(monkeypatch):
    sentence = refusal(monkeypatch, {"PIPELINE_WORKERS": "3", "LOG_SHARDS": "8"})
    assert sentence == "CAROUSEL_PIPELINE_WORKERS (3) must divide CAROUSEL_LOG_SHARDS (8)."


def test_photos_come_from_origins_and_nothing_else_enters_the_policy(monkeypatch):
    for wrong in ("photos.example", "https://a.example/path", "*", "https://a.example; script-src"):
        assert "must name origins" in refusal(monkeypatch, {"PHOTO_ORIGINS": wrong})
    monkeypatch.setenv("CAROUSEL_PHOTO_ORIGINS", "https://a.example:8443  https://*.b.example")
    assert read_settings().photo_origins.split() == [
        "https://a.example:8443",
        "https://*.b.example",
    ]


def test_production_cannot_have_the_login_without_a_password(monkeypatch):
    sentence = refusal(monkeypatch, {"ENVIRONMENT": "production", "DEVELOPMENT_LOGIN": "true"})
    assert "cannot be on while CAROUSEL_ENVIRONMENT is production" in sentence


def test_settings_do_not_change_after_they_were_read():
    with pytest.raises(ValueError, match="frozen"):
        read_settings().port = 1


def test_passwords_do_not_show_when_settings_are_printed(monkeypatch):
    monkeypatch.setenv("CAROUSEL_DATABASE_URL", "postgresql://me:hunter2@db/cars")
    assert "hunter2" not in repr(read_settings())
