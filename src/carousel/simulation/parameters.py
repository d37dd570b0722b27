"""The numbers of the living market: one documented file, one table a subject.

Owns:    reading parameters.toml, or a file that replaces some of it; checking every entry.
Imports: domain.errors.

Each subject declares a frozen dataclass beside its code and takes its table with ``section``; the
table has exactly the fields of the dataclass, and parameters.toml says what each one means.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from carousel.domain.errors import ConfigurationError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parameters:
    """All tables by name, as read. ``source`` names the file for messages."""

    tables: Mapping[str, Mapping[str, Any]]
    source: str


def read_parameters(replacing: Path | None = None) -> Parameters:
    """Return the default parameters, with entries replaced by those of another TOML file.

    Raises:
        ConfigurationError: the file cannot be read, or names a table or an entry there is not.
    """
    text = resources.files("carousel.simulation").joinpath("parameters.toml").read_text("utf-8")
    tables: dict[str, dict[str, Any]] = tomllib.loads(text)
    if replacing is None:
        return Parameters(tables, "parameters.toml")
    try:
        given = tomllib.loads(replacing.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{replacing} cannot be read as parameters: {error}.") from None
    for name, table in given.items():
        if name not in tables or not isinstance(table, dict):
            raise ConfigurationError(
                f"{replacing}: there is no table [{name}]; the tables are {', '.join(tables)}."
            )
        for entry, value in table.items():
            if entry not in tables[name]:
                raise ConfigurationError(f"{replacing}: [{name}] has no entry {entry}.")
            tables[name][entry] = value
    return Parameters(tables, str(replacing))


def section(parameters: Parameters, name: str, kind: type[T]) -> T:
    """Return one table as its dataclass; whole numbers are accepted where a float is declared.

    Raises:
        ConfigurationError: an entry has the wrong type.
    """
    table = parameters.tables[name]
    values: dict[str, Any] = {}
    for declared in fields(kind):  # type: ignore[arg-type]  # every kind is a dataclass
        value = table[declared.name]
        if declared.type is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if declared.type in (float, int, bool, str) and type(value) is not declared.type:
            raise ConfigurationError(
                f"{parameters.source}: {declared.name} in [{name}] must be a "
                f"{declared.type.__name__}, not {value!r}."
            )
        values[declared.name] = tuple(value) if isinstance(value, list) else value
    return kind(**values)
