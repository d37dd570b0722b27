"""Experiments as a file states them: read, checked, refused in one sentence.

Owns:    the words of such a file, which piece of the line an experiment takes.
Imports: domain.errors, serving.{configuration, experiments, knobs}.

A piece begins where the file says (``from``), else at the first free place after the experiments
above it. One that is added below the others moves nobody.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from carousel.domain.errors import ConfigurationError
from carousel.serving.configuration import knobs_of, nearest
from carousel.serving.experiments import PARTS, Experiment, Plan
from carousel.serving.knobs import Knobs

LONGEST_ARM = 64
"""Characters, as an impression carries it."""

ROUNDING = 1e-3
"""Shares of arms may miss 1 by so much: 0.33, 0.33 and 0.34 are thirds."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_TABLES = ("configurations", "experiments", "serving")
_WORDS = ("share", "from", "arms", "interleaved", "salt", "since", "until")


def is_plan(document: Mapping[str, object]) -> bool:
    """Return whether a document states experiments, or configurations for them."""
    return not document.keys().isdisjoint(_TABLES)


def plan_of(document: Mapping[str, Any], where: str) -> Plan:
    """Return what a document states.

    Args:
        document: as TOML reads it.
        where: the file's name, for a refusal.

    Raises:
        ConfigurationError: anything in it does not fit; one sentence says what, and where.
    """
    _known_words(document, _TABLES, where)
    configurations = {}
    for name, stated in _table(document, "configurations", where).items():
        here = f"{where}, configurations.{_name(name, where)}"
        configurations[name] = _configuration(stated, here)
    experiments: list[Experiment] = []
    for name, stated in _table(document, "experiments", where).items():
        here = f"{where}, experiments.{_name(name, where)}"
        experiments.append(_experiment(name, stated, configurations, experiments, here))
    serving = document.get("serving")
    if serving is not None:
        _one_of(serving, configurations, f"{where}, serving")
    return Plan(configurations, tuple(experiments), serving)


def _configuration(stated: object, here: str) -> Knobs:
    if not isinstance(stated, Mapping):
        raise ConfigurationError(f"{here} is not a table of knobs; write [configurations.NAME].")
    knobs = knobs_of(stated, here)
    if knobs.taste.half_life != Knobs().taste.half_life:
        raise ConfigurationError(
            f"{here}: taste.half_life cannot differ between shoppers, for events are folded in by "
            "it before anybody asks for a list; leave it out."
        )
    return knobs


def _experiment(
    name: str,
    stated: object,
    configurations: Mapping[str, Knobs],
    above: Sequence[Experiment],
    here: str,
) -> Experiment:
    if not isinstance(stated, Mapping):
        raise ConfigurationError(f"{here} is not a table; write [experiments.NAME].")
    _known_words(stated, _WORDS, here)
    shares = _arms(name, stated, configurations, here)
    salt = stated.get("salt", name)
    if not isinstance(salt, str) or not salt:
        raise ConfigurationError(f'{here}: salt is a text, e.g. salt = "again".')
    since, until = (_moment(stated, word, here) for word in ("since", "until"))
    if since is not None and until is not None and since >= until:
        raise ConfigurationError(f"{here}: since is not before until.")
    begin, end = _piece(stated, [one for one in above if _overlap(one, since, until)], here)
    return Experiment(
        name, begin, end, shares, "interleaved" in stated, salt, since, until
    )  # fmt: skip


def _arms(
    name: str, stated: Mapping[str, Any], configurations: Mapping[str, Knobs], here: str
) -> dict[str, float]:
    """Return the share of each configuration of an experiment, the control first."""
    if ("arms" in stated) == ("interleaved" in stated):
        raise ConfigurationError(f"{here} needs either arms or interleaved, not both and not none.")
    interleaved = "interleaved" in stated
    shares = _shares(stated["interleaved" if interleaved else "arms"], here)
    for arm in shares:
        _one_of(arm, configurations, f"{here}, arms")
    if interleaved and len(shares) != 2:  # noqa: PLR2004 (two teams)
        raise ConfigurationError(f"{here}: interleaved takes exactly two configurations.")
    longest = "+".join(shares) if interleaved else max(shares, key=len)
    if len(f"{name}/{longest}") > LONGEST_ARM:
        raise ConfigurationError(
            f"{here}: its name and those of its arms are too long; an arm is named "
            f"{name}/CONFIGURATION, in at most {LONGEST_ARM} characters."
        )
    return shares


def _piece(stated: Mapping[str, Any], rivals: Sequence[Experiment], here: str) -> tuple[int, int]:
    """Return the piece of the line that an experiment takes beside those of the same time."""
    size = _part(stated, "share", here)
    if size == 0:
        raise ConfigurationError(f"{here}: share = 0 is nobody; it must be above 0.")
    begin = _part(stated, "from", here) if "from" in stated else _free(rivals, size, here)
    for one in rivals:
        if begin < one.end and one.begin < begin + size:
            raise ConfigurationError(
                f"{here} would share shoppers with {one.name}, which has {one.begin / PARTS:g} to "
                f"{one.end / PARTS:g} of the line at the same time; move it with from."
            )
    if begin + size > PARTS:
        raise ConfigurationError(f"{here}: from + share is more than 1.")
    return begin, begin + size


def _free(rivals: Sequence[Experiment], size: int, here: str) -> int:
    """Return the first place of the line with so much room."""
    for begin in sorted({0, *(one.end for one in rivals)}):
        clear = all(one.end <= begin or begin + size <= one.begin for one in rivals)
        if clear and begin + size <= PARTS:
            return begin
    taken = sum(one.end - one.begin for one in rivals) / PARTS
    raise ConfigurationError(
        f"{here}: there is no room for share = {size / PARTS:g}; experiments of the same time "
        f"already have {taken:g} of all shoppers, and nobody is in two."
    )


def _overlap(one: Experiment, since: datetime | None, until: datetime | None) -> bool:
    before = until is not None and one.since is not None and until <= one.since
    after = since is not None and one.until is not None and one.until <= since
    return not (before or after)


def _shares(stated: object, here: str) -> dict[str, float]:
    """Return the share of each configuration; a list shares evenly."""
    if isinstance(stated, list) and all(isinstance(one, str) for one in stated):
        if len(set(stated)) != len(stated):
            raise ConfigurationError(f"{here} names a configuration twice.")
        stated = dict.fromkeys(stated, 1 / max(len(stated), 1))
    numbers = list(stated.values()) if isinstance(stated, Mapping) else []
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
        numbers = []
    if not isinstance(stated, Mapping) or not numbers:
        raise ConfigurationError(
            f"{here}: arms are configurations with their shares, e.g. "
            "arms = {standard = 0.5, bolder = 0.5}, or a list of them that shares evenly."
        )
    if len(numbers) < 2:  # noqa: PLR2004 (there is nothing to compare)
        raise ConfigurationError(f"{here} has a single arm; there is nothing to compare it with.")
    if min(numbers) <= 0 or not abs(sum(numbers) - 1) <= ROUNDING:
        raise ConfigurationError(
            f"{here}: the shares of its arms must be above 0 and add up to 1, not to "
            f"{sum(numbers):g}."
        )
    return {name: number / sum(numbers) for name, number in stated.items()}


def _part(stated: Mapping[str, Any], word: str, here: str) -> int:
    number = stated.get(word)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
        raise ConfigurationError(f"{here}: {word} is a share of all shoppers, from 0 to 1.")
    return round(number * PARTS)


def _moment(stated: Mapping[str, Any], word: str, here: str) -> datetime | None:
    moment = stated.get(word)
    if moment is None:
        return None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ConfigurationError(
            f"{here}: {word} is a moment with its time zone, e.g. {word} = 2026-05-01T06:00:00Z."
        )
    return moment


def _table(document: Mapping[str, Any], word: str, where: str) -> Mapping[str, Any]:
    found = document.get(word, {})
    if not isinstance(found, Mapping):
        raise ConfigurationError(f"{where}: {word} is not a table; write [{word}.NAME].")
    return found


def _name(name: str, where: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f'{where}: "{name}" is no name; use small letters, digits, - and _, e.g. bolder-2.'
        )
    return name


def _known_words(stated: Mapping[str, object], words: Sequence[str], here: str) -> None:
    for word in stated:
        if word not in words:
            hint = nearest(word, list(words)) or f"; there are {', '.join(words)}."
            raise ConfigurationError(f"{here}: nothing is called {word}{hint}")


def _one_of(name: object, configurations: Mapping[str, Knobs], here: str) -> None:
    if not isinstance(name, str) or name not in configurations:
        hint = nearest(str(name), configurations) or f"; write [configurations.{name}]."
        raise ConfigurationError(f"{here}: there is no configuration {name}{hint}")
