"""Every knob an operator can turn, typed, from environment variables that begin with CAROUSEL_.

Owns:    the settings, their defaults and limits, the table that documents them.
Imports: domain.errors, pydantic-settings.
"""

import json
import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from carousel.domain.errors import ConfigurationError

PREFIX = "CAROUSEL_"
SHORTEST_SECRET = 32
QUOTE = '"'
ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?")
CHECKOUT = Path(__file__).parents[2]


def default_data_directory() -> Path:
    """Return where data goes unless said otherwise.

    As root not below the checkout: the account PostgreSQL runs as could not enter root's home.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/carousel")
    root = CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else Path.cwd()
    return root / "data"


def default_page_directory() -> Path | None:
    """Return the built page of this checkout, None outside a checkout."""
    root = CHECKOUT / "web"
    return root / "dist" if root.exists() else None


def default_runner() -> Literal["bytewax", "plain"]:
    """Return ``bytewax`` where it is installed: its wheels end at Python 3.12."""
    return "plain" if find_spec("bytewax") is None else "bytewax"


class Settings(BaseSettings):
    """What ``carousel`` reads from its environment. Read once, by the command that starts."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    environment: Annotated[
        Literal["development", "production"],
        Field(description="Production refuses what is only convenient, such as development login."),
    ] = "development"
    host: Annotated[str, Field(description="Address the HTTP server listens on.")] = "127.0.0.1"
    port: Annotated[
        int, Field(ge=0, le=65535, description="Port of the HTTP server; 0 takes any free one.")
    ] = 8080
    data_directory: Annotated[
        Path,
        Field(
            description="Where the embedded servers and the logs live.",
            json_schema_extra={"shown": "`data` in the checkout; as root `/var/lib/carousel`"},
        ),
    ] = Field(default_factory=default_data_directory)
    page_directory: Annotated[
        Path | None,
        Field(
            description="The built page that the API serves at `/`.",
            json_schema_extra={"shown": "`web/dist` in the checkout"},
        ),
    ] = Field(default_factory=default_page_directory)
    photo_origins: Annotated[
        str,
        Field(
            description="Where the page may load photos of cars from besides its own host, with "
            "blanks between: `https://photos.example https://*.cdn.example`.",
            json_schema_extra={"shown": "none: only its own host"},
        ),
    ] = ""
    listings: Annotated[
        int,
        Field(
            ge=100, le=2_000_000, description="Cars in the default marketplace when it is created."
        ),
    ] = 20_000
    seed: Annotated[
        int,
        Field(ge=0, lt=2**32, description="Seed of the default marketplace: same seed, same cars."),
    ] = 1
    currency: Annotated[
        str,
        Field(
            pattern="^[A-Z]{3}$",
            description="Currency of every price, ISO 4217; prices are whole units of it.",
        ),
    ] = "EUR"
    database_url: Annotated[
        SecretStr | None,
        Field(
            description="PostgreSQL 16 or newer with pgvector 0.8 or newer: "
            "`postgresql://user:password@host/database`.",
            json_schema_extra={"shown": "the embedded server"},
        ),
    ] = None
    log_url: Annotated[
        SecretStr | None,
        Field(
            description="Valkey or Redis 7.2 or newer that keeps the event log; "
            "it should run with `appendonly yes`.",
            json_schema_extra={"shown": "the embedded server"},
        ),
    ] = None
    cache_url: Annotated[
        SecretStr | None,
        Field(
            description="Valkey or Redis used as cache; it may forget anything.",
            json_schema_extra={"shown": "the embedded server"},
        ),
    ] = None
    shared_buffers_mb: Annotated[
        int, Field(ge=16, description="Page memory of the embedded PostgreSQL, in MB.")
    ] = 256
    api_workers: Annotated[
        int, Field(ge=1, le=64, description="Processes that answer HTTP requests.")
    ] = 2
    index: Annotated[
        Literal["memory", "postgres"],
        Field(
            description="What finds cars for lists: `memory` holds the active ones in every API "
            "process, about 100 MB for 100,000; `postgres` asks the database's own index.",
        ),
    ] = "memory"
    pipeline_runner: Annotated[
        Literal["bytewax", "plain"],
        Field(
            description="What runs the stream pipelines.",
            json_schema_extra={"shown": "`bytewax` where it is installed, else `plain`"},
        ),
    ] = Field(default_factory=default_runner)
    log_shards: Annotated[
        int,
        Field(ge=1, le=1024, description="Shards of the event log, fixed for the life of a log."),
    ] = 8
    pipeline_workers: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            description="Processes of each pipeline; they divide `log_shards` evenly.",
        ),
    ] = 1
    development_login: Annotated[
        bool,
        Field(description="Hand out a token for an e-mail address alone; the demo turns it on."),
    ] = False
    experiments: Annotated[
        Path | None,
        Field(
            description="TOML file of configurations and experiments; see experiments.md.",
            json_schema_extra={"shown": "none: everybody is served alike"},
        ),
    ] = None
    shadow_share: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of the lists that are also made by the shadow model, if there is "
            "one, after the answer and shown to nobody.",
        ),
    ] = 0.05
    token_secret: Annotated[
        SecretStr | None,
        Field(
            description="Key that signs login tokens, at least 32 characters.",
            json_schema_extra={"shown": "the demo makes one and keeps it"},
        ),
    ] = None
    process_name: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$",
            description="What a process calls itself in metrics and logs; what starts it says so.",
            json_schema_extra={"shown": "what kind of process it is"},
        ),
    ] = None
    metrics_host: Annotated[
        str, Field(description="Address on which a process tells its metrics.")
    ] = "127.0.0.1"
    metrics_port: Annotated[
        int | None,
        Field(
            ge=0,
            le=65535,
            description="Port on which a process tells its metrics at `/metrics`; those it starts "
            "take the ones after it. 0 takes any free one and says which in "
            "`targets/` of the data directory.",
            json_schema_extra={"shown": "none: nothing is told; the demo takes free ones"},
        ),
    ] = None
    api_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://[^\s/?#@]+(/[^\s?#@]*)?$",
            description="Where the monitor finds the API.",
            json_schema_extra={"shown": "made from `CAROUSEL_HOST` and `CAROUSEL_PORT`"},
        ),
    ] = None
    monitor_email: Annotated[
        str,
        Field(
            min_length=3,
            max_length=254,
            pattern=r"^[^\s@]+@[^\s@]+$",
            description="Account of the monitor's synthetic shopper, made when it is missing.",
        ),
    ] = "monitor@carousel.invalid"
    monitor_host: Annotated[str, Field(description="Address of the monitor's pages.")] = "127.0.0.1"
    monitor_port: Annotated[
        int,
        Field(
            ge=0,
            le=65535,
            description="Port of the monitor's pages, `/operator` and `/checks`; 0 takes any free "
            "one.",
        ),
    ] = 8081
    monitor_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://[^\s/?#@]+(/[^\s?#@]*)?$",
            description="Where a browser finds the monitor; in development the API leads there "
            "from `/operator`.",
            json_schema_extra={"shown": "none: `/operator` is not found; the demo says it"},
        ),
    ] = None
    trace_url: Annotated[
        SecretStr | None,
        Field(
            description="Where spans are sent, OTLP over HTTP: `http://collector:4318/v1/traces`.",
            json_schema_extra={"shown": "none: nothing is traced"},
        ),
    ] = None
    trace_share: Annotated[
        float, Field(ge=0, le=1, description="Share of the requests that are traced.")
    ] = 0.1
    sentry_dsn: Annotated[
        SecretStr | None,
        Field(
            description="Where errors of the processes and of the page are reported: the DSN of a "
            "project in Sentry or a server that speaks its protocol.",
            json_schema_extra={"shown": "none: nothing is reported"},
        ),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description="Least important message that is reported."),
    ] = "info"
    request_statement_timeout_ms: Annotated[
        int,
        Field(ge=10, description="Longest a query of a request may run, in milliseconds."),
    ] = 2_000
    pipeline_statement_timeout_ms: Annotated[
        int,
        Field(
            ge=10,
            description="Longest a statement of a pipeline, or one that changes, may run, "
            "in milliseconds.",
        ),
    ] = 60_000

    @field_validator("data_directory", "page_directory", "experiments")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else None

    @field_validator("photo_origins")
    @classmethod
    def _origins(cls, stated: str) -> str:
        if not all(ORIGIN.fullmatch(one) for one in stated.split()):
            raise ValueError("must name origins such as https://photos.example, blanks between")
        return stated

    @field_validator("token_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
        return secret

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.log_shards % self.pipeline_workers:
            raise ValueError(
                f"{PREFIX}PIPELINE_WORKERS ({self.pipeline_workers}) must divide "
                f"{PREFIX}LOG_SHARDS ({self.log_shards})"
            )
        if self.development_login and self.environment == "production":
            raise ValueError(
                f"{PREFIX}DEVELOPMENT_LOGIN lets anybody in as anybody; "
                f"it cannot be on while {PREFIX}ENVIRONMENT is production"
            )
        return self


def read_settings() -> Settings:
    """Return the settings this process was given.

    Raises:
        ConfigurationError: a variable holds what it may not; says which one and why.
    """
    try:
        return Settings()
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        message = problem["msg"].removeprefix("Value error, ")
        name = "_".join(str(part) for part in problem["loc"]).upper()
        raise ConfigurationError(f"{PREFIX}{name}: {message}." if name else f"{message}.") from None


def settings_table() -> str:
    """Return the table of all variables in Markdown, as docs/settings.md shows it."""
    rows = ["| Variable | Default | Meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        shown = extra.get("shown") if isinstance(extra, dict) else None
        default = shown or f"`{json.dumps(field.default).strip(QUOTE)}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"
