"""A set of knobs as a plain document, the way TOML reads it, and back.

Owns:    how a document names a knob, what it is refused for.
Imports: domain.errors, serving.{knob_descriptions, knobs}.

A document states only what differs from the defaults: ``slate.exploration.places = 0.5``.
"""

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, TypeVar

from carousel.domain.errors import ConfigurationError
from carousel.serving.knob_descriptions import UNITS, Knob, Value, all_knobs, shown
from carousel.serving.knobs import Knobs

Held = TypeVar("Held")

_TIME = re.compile(rf"(\d+(?:\.\d+)?) ?([{''.join(UNITS)}])")


def read_toml(text: str, where: str) -> dict[str, Any]:
    """Return what a TOML file says.

    Args:
        text: of the file.
        where: the file's name.

    Raises:
        ConfigurationError: it is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where} is not TOML: {error}.") from None


def knobs_of(document: Mapping[str, object], where: str) -> Knobs:
    """Return the knobs that a document asks for, the defaults where it says nothing.

    Args:
        document: nested by the dots of the names.
        where: what it is called when it is refused.

    Raises:
        ConfigurationError: a name, a type or a number is wrong; one sentence says which.

    >>> knobs_of({"slate": {"exploration": {"places": 0.5}}}, "here").slate.exploration.places
    0.5
    """
    values = {name: _read(name, said, where) for name, said in _flat(document, "", where)}
    return _turned(Knobs(), "", values)


def differences(knobs: Knobs) -> dict[str, Value]:
    """Return what differs from the defaults, by the knob's name.

    >>> from dataclasses import replace
    >>> differences(replace(Knobs(), pool=60))
    {'pool': 60}
    """
    known = all_knobs()
    return {name: one for name, one in _values(knobs, "") if one != known[name].default}


def to_toml(knobs: Knobs) -> str:
    """Return the document of a set of knobs, defaults left out; nothing for the defaults.

    >>> from dataclasses import replace
    >>> print(to_toml(replace(Knobs(), pool=60, ranked=False)), end="")
    pool = 60
    ranked = false
    """
    return "".join(f"{name} = {shown(value)}\n" for name, value in differences(knobs).items())


def nearest(name: str, names: Mapping[str, object] | list[str]) -> str:
    """Return the question whether another name was meant, empty if none is like it.

    >>> nearest("pol", ["pool", "deadline"])
    '; did you mean pool?'
    """
    found = get_close_matches(name, list(names), n=1, cutoff=0.6) or [
        one for one in names if one.rpartition(".")[2] == name.rpartition(".")[2]
    ]
    return f"; did you mean {found[0]}?" if found else ""


def _flat(document: Mapping[str, object], prefix: str, where: str) -> Iterator[tuple[str, object]]:
    """Yield each stated knob by its name; refuse what names none."""
    known = all_knobs()
    for key, value in document.items():
        name = f"{prefix}{key}"
        within = [one for one in known if one.startswith(f"{name}.")]
        if name in known:
            yield name, value
        elif within and isinstance(value, Mapping):
            yield from _flat(value, f"{name}.", where)
        elif within:
            raise ConfigurationError(
                f"{where}: {name} is a group of knobs, not one; name one of it, e.g. {within[0]}."
            )
        else:
            whole = _whole(name, value)
            hint = nearest(whole, known) or "; carousel knobs lists them."
            raise ConfigurationError(f"{where}: there is no knob {whole}{hint}")


def _whole(name: str, value: object) -> str:
    """Return all of a mistyped name, which TOML has taken apart at its dots."""
    while isinstance(value, Mapping) and len(value) == 1:
        further, value = next(iter(value.items()))
        name = f"{name}.{further}"
    return name


def _read(name: str, said: object, where: str) -> Value:
    knob = all_knobs()[name]
    value = _typed(knob, said)
    if value is None:
        raise ConfigurationError(
            f"{where}: {name} = {_told(said)} is not {_wanted(knob)}; its default is "
            f"{shown(knob.default)}."
        )
    number = value.total_seconds() if isinstance(value, timedelta) else value
    if not isinstance(number, tuple) and not all(bound.holds(number) for bound in knob.bounds):
        limits = " and ".join(f"{bound.sign} {bound.end:g}" for bound in knob.bounds)
        raise ConfigurationError(
            f"{where}: {name} = {_told(said)} is out of range; it must be {limits}."
        )
    return value


def _typed(knob: Knob, said: object) -> Value | None:
    """Return a stated value in the type of its knob, None where it is of another."""
    default = knob.default
    if isinstance(default, bool) or isinstance(said, bool):
        return said if isinstance(default, bool) and isinstance(said, bool) else None
    if isinstance(default, tuple):
        names = said if isinstance(said, list) else []
        good = bool(names) and len(set(map(str, names))) == len(names)
        return tuple(names) if good and set(map(str, names)) <= set(knob.choices) else None
    if isinstance(default, timedelta):
        found = _TIME.fullmatch(said) if isinstance(said, str) else None
        return timedelta(seconds=float(found[1]) * UNITS[found[2]]) if found else None
    if isinstance(default, int):
        return said if isinstance(said, int) else None
    if not isinstance(said, int | float) or not math.isfinite(said):
        return None
    return float(said)


def _wanted(knob: Knob) -> str:
    if isinstance(knob.default, tuple):
        return f"a list of some of {', '.join(knob.choices)}, each once"
    if isinstance(knob.default, timedelta):
        return f"a time such as {shown(knob.default)}, in {', '.join(UNITS)}"
    return knob.kind if isinstance(knob.default, bool) else f"a {knob.kind}"


def _told(said: object) -> str:
    """Return what a file said, short enough for a sentence.

    >>> _told("2 weeks"), _told(True)
    ('"2 weeks"', 'true')
    """
    text = f'"{said}"' if isinstance(said, str) else str(said)
    text = text.lower() if isinstance(said, bool) else text
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 (a sentence stays readable)


def _values(holder: object, prefix: str) -> Iterator[tuple[str, Value]]:
    for field in fields(holder):  # type: ignore[arg-type]  # a dataclass, as Knobs is
        value = getattr(holder, field.name)
        if is_dataclass(value):
            yield from _values(value, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", value


def _turned(holder: Held, prefix: str, values: Mapping[str, Value]) -> Held:
    """Return a holder of knobs with those turned that have a value."""
    changed: dict[str, object] = {}
    for field in fields(holder):  # type: ignore[arg-type]  # a dataclass, as Knobs is
        name = f"{prefix}{field.name}"
        present = getattr(holder, field.name)
        if is_dataclass(present):
            changed[field.name] = _turned(present, f"{name}.", values)
        elif name in values:
            changed[field.name] = values[name]
    return replace(holder, **changed)  # type: ignore[type-var]  # a dataclass, as Knobs is
