"""What there is to turn: every knob with its name, type, default, range and meaning.

Owns:    reading the descriptions out of the classes that hold the knobs.
Imports: domain.errors, serving.{channels, knobs}.

A knob is a field of ``Knobs`` or of a class of params inside it; its name is the path to it, with
dots. What it means, and which values it may have, stands in one place, the docstring of its class:

    name:        meaning; a range is written as > 0, >= 1, <= 9, in [0, 1] or in (0, 1)
    name, other: the same for several; "other > 0" holds for that one alone
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeAlias, get_type_hints

from carousel.domain.errors import ConfigurationError
from carousel.serving.channels import CHANNELS
from carousel.serving.knobs import Knobs

Value: TypeAlias = bool | int | float | timedelta | tuple[str, ...]

KINDS: Mapping[object, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    timedelta: "time",
    tuple[str, ...]: "names",
}
"""Type of a field to the words for it."""

CHOICES: Mapping[str, tuple[str, ...]] = {"channels": tuple(CHANNELS)}
"""Knob to the names it may consist of."""

UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
"""Of a time, in seconds, the longest first."""

_ENTRY = re.compile(
    r"(?:^|\n| )((?:[a-z_]+, )*[a-z_]+): +(.+?)(?=\n *\n|\n[a-z_, ]+: |\Z)", re.DOTALL
)
_BOUND = re.compile(r"(?:([a-z_]+) )?(>=|<=|>|<) (-?[\d.]*\d)")
_SPAN = re.compile(r"in ([\[(])(-?[\d.]*\d), (-?[\d.]*\d)([\])])")


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range: ``sign`` is one of > >= < <=."""

    sign: str
    end: float

    def holds(self, number: float) -> bool:
        """Return whether a number lies on the right side.

        >>> Bound(">", 0).holds(0), Bound(">=", 0).holds(0)
        (False, True)
        """
        return {
            ">": number > self.end,
            ">=": number >= self.end,
            "<": number < self.end,
            "<=": number <= self.end,
        }[self.sign]


@dataclass(frozen=True, slots=True)
class Knob:
    """One thing to turn.

    name:    path from ``Knobs``, with dots.
    kind:    one of KINDS, in words.
    default: where nothing else is said.
    bounds:  of a number; of a time in seconds.
    choices: of names.
    meaning: a phrase.
    """

    name: str
    kind: str
    default: Value
    bounds: tuple[Bound, ...]
    choices: tuple[str, ...]
    meaning: str


@lru_cache(maxsize=1)
def all_knobs() -> Mapping[str, Knob]:
    """Return every knob by its name, in the order in which they are declared.

    Raises:
        ConfigurationError: a class does not describe one of its fields.
    """
    return {knob.name: knob for knob in _knobs(Knobs, "")}


def shown(value: Value) -> str:
    """Return a value as TOML writes it.

    >>> shown(timedelta(days=14)), shown(("fresh",)), shown(True), shown(0.5)
    ('"14d"', '["fresh"]', 'true', '0.5')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return f'"{_time(value)}"'
    if isinstance(value, tuple):
        return f"[{', '.join(f'{chr(34)}{name}{chr(34)}' for name in value)}]"
    return repr(value)


def knobs_table() -> str:
    """Return the table of all knobs in Markdown, as docs/knobs.md shows it."""
    rows = ["| Knob | Type | Default | Meaning |", "|---|---|---|---|"]
    rows += [
        f"| `{knob.name}` | {knob.kind} | `{shown(knob.default)}` | {knob.meaning} |"
        for knob in all_knobs().values()
    ]
    return "\n".join(rows) + "\n"


def _knobs(holder: type[Any], prefix: str) -> Iterator[Knob]:
    said = _said(holder)
    types = get_type_hints(holder)
    for field in fields(holder):
        name = f"{prefix}{field.name}"
        type_ = types[field.name]
        if is_dataclass(type_):
            yield from _knobs(type_, f"{name}.")  # type: ignore[arg-type]  # a class, not a value
            continue
        if field.name not in said:
            raise ConfigurationError(
                f"The docstring of {holder.__module__}.{holder.__name__} does not describe "
                f"{field.name}; without docstrings (python -OO) no knob can be turned."
            )
        names, meaning = said[field.name]
        default = getattr(holder(), field.name)
        choices = CHOICES.get(name, ())
        bounds = _bounds(meaning, field.name, names)
        yield Knob(name, KINDS[type_], default, bounds, choices, meaning)


def _said(holder: type[Any]) -> dict[str, tuple[tuple[str, ...], str]]:
    """Return the words for each field that a docstring describes, after the names that share them.

    >>> class Params:
    ...     '''What may change.
    ...
    ...     one, other: half of it,
    ...                 each >= 0.
    ...     third:      more of it.
    ...     '''
    >>> _said(Params)["other"], _said(Params)["third"]
    ((('one', 'other'), 'half of it, each >= 0'), (('third',), 'more of it'))
    """
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    lines = [line.strip() for line in (holder.__doc__ or "").splitlines()]
    for heading, words in _ENTRY.findall("\n".join(lines)):
        names = tuple(heading.split(", "))
        meaning = " ".join(words.split()).removesuffix(".").replace("``", "`")
        found |= dict.fromkeys(names, (names, meaning))
    return found


def _bounds(meaning: str, name: str, names: tuple[str, ...]) -> tuple[Bound, ...]:
    """Return the range that a meaning states for one of the names it is about.

    >>> _bounds("in [0, 1), chance of it", "buyer", ("buyer",))
    (Bound(sign='>=', end=0.0), Bound(sign='<', end=1.0))
    >>> _bounds("how it is read; slope > 0", "level", ("level", "slope"))
    ()
    """
    found = []
    for low, first, last, high in _SPAN.findall(meaning):
        found.append(Bound(">=" if low == "[" else ">", float(first)))
        found.append(Bound("<=" if high == "]" else "<", float(last)))
    for word, sign, end in _BOUND.findall(meaning):
        if word == name or word not in names:
            found.append(Bound(sign, float(end)))
    return tuple(found)


def _time(value: timedelta) -> str:
    seconds = value.total_seconds()
    unit = next((unit for unit, long in UNITS.items() if seconds % long == 0), "s")
    return f"{seconds / UNITS[unit]:.6f}".rstrip("0").rstrip(".") + unit
