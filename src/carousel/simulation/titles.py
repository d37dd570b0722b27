"""The headline of an advert, worded the way its make words it: "Octavia Combi 2.0 TDI Style".

Owns:    engine badges, body words, their order.
Imports: domain.listing, simulation.catalogue.
"""

from bisect import bisect_left
from functools import cache
from typing import TypeAlias

from carousel.domain.listing import Body, Fuel
from carousel.simulation.catalogue import Generation, Wording, wordings

EARLY = 2009
"""Engines before this year are larger for their power and carry their older names."""

SMALL_ENGINES, LARGE_BATTERIES, MERCEDES_RENAMED = 2018, 2017, 2014
"""From these years on engines are small, batteries large, and "CDI" is "d"."""

VOLVO_T6_HP = 350
"""A stronger plug-in Volvo is a T8."""

Bands: TypeAlias = tuple[tuple[int, ...], str]
"""Upper ends of power bands (hp), and a name for each band: one more than ends."""

_EARLY_PETROL: Bands = ((65, 80, 102, 120, 135, 155, 200, 260, 340, 450), "1.1 1.2 1.4 1.6 1.8 2.0 2.2 3.0 3.5 4.2 5.0")  # fmt: skip  # noqa: E501 (a table)
_LATE_PETROL: Bands = ((70, 105, 150, 180, 310, 400, 600), "1.0 1.2 1.4 1.8 2.0 3.0 4.0 5.2")
_SMALL_PETROL: Bands = ((116, 165, 310, 400, 600), "1.0 1.5 2.0 3.0 4.0 5.2")
_EARLY_DIESEL: Bands = ((70, 112, 125, 172, 205, 300), "1.3 1.6 1.9 2.0 2.2 3.0 4.2")
_LATE_DIESEL: Bands = ((95, 122, 205, 350), "1.5 1.6 2.0 3.0 4.0")
_BMW_PETROL: Bands = ((120, 143, 192, 252, 290, 400), "16i 18i 20i 30i 30i 40i 50i")
_BMW_DIESEL: Bands = ((122, 155, 197, 240, 270, 340), "16d 18d 20d 25d 30d 40d 50d")
_MERCEDES_PETROL: Bands = ((109, 140, 192, 245, 280, 340, 420), "160 180 200 250 300 350 450 63")
_MERCEDES_DIESEL: Bands = ((95, 116, 155, 205, 250, 300), "160 180 200 220 250 350 400")
_VOLVO_PETROL: Bands = ((130, 165, 200, 260), "T2 T3 T4 T5 T6")
_VOLVO_DIESEL: Bands = ((125, 155, 195), "D2 D3 D4 D5")
_BATTERY: Bands = ((60, 100, 140, 180, 260, 350), "27 40 50 58 64 77 95")
_EARLY_BATTERY: Bands = ((60, 120, 150), "17 22 24 33")

_MERCEDES_VANS = {"Citan": 1, "Sprinter": 3, "Vito": 1}
"""A van's badge is its series and a tenth of its power: 136 hp make a Vito 113."""

_BODY_WORDS = {Body.CONVERTIBLE: "Cabrio", Body.COUPE: "Coupé"}


def title(  # noqa: PLR0913 (an advert states this much)
    generation: Generation,
    *,
    year: int,
    body: Body,
    fuel: Fuel,
    power_hp: int,
    trim: int,
    automatic: bool,
    four_wheel_drive: bool,
) -> str:
    """Return the headline of an advert; ``trim`` is 0 to 3, the two flags add their words.

    >>> from carousel.simulation.catalogue import generations
    >>> octavia = next(g for g in generations() if g.model == "Octavia" and g.first_year == 2013)
    >>> title(octavia, year=2016, body=Body.ESTATE, fuel=Fuel.DIESEL, power_hp=150, trim=2,
    ...       automatic=True, four_wheel_drive=False)
    'Octavia Combi 2.0 TDI Style DSG'
    """
    words = wordings()[generation.make]
    model, engine = generation.model, _engine(generation, words, year, fuel, power_hp)
    electric = fuel in (Fuel.ELECTRIC, Fuel.HYDROGEN)
    if words.badge in ("bmw", "mercedes") and not electric:
        model, engine = _merged(model, engine)
    line = [engine, words.trims[trim]]
    if words.badge == "none":
        line.reverse()
    parts = (
        model,
        _body_word(generation, words, body),
        *line,
        words.four_wheel_drive if four_wheel_drive and not electric else "",
        words.automatic if automatic and not electric else "",
    )
    return " ".join(part for part in parts if part)


def _body_word(generation: Generation, words: Wording, body: Body) -> str:
    if len(generation.bodies) == 1:
        return ""
    return words.estate if body is Body.ESTATE else _BODY_WORDS.get(body, "")


def _merged(model: str, engine: str) -> tuple[str, str]:
    """Join badge and model where the make does: "3 Series" and "20d" are "320d".

    >>> _merged("3 Series", "20d"), _merged("C-Class", "220 d"), _merged("X3", "20d")
    (('320d', ''), ('C 220 d', ''), ('X3', '20d'))
    """
    number, series, rest = model.partition(" Series")
    if series:
        return f"{number}{engine}{rest}", ""
    letter, dash, _ = model.partition("-Class")
    return (f"{letter} {engine}", "") if dash else (model, engine)


def _engine(generation: Generation, words: Wording, year: int, fuel: Fuel, power_hp: int) -> str:
    word = words.engine(fuel, early=year < EARLY)
    match words.badge, fuel:
        case _, Fuel.HYDROGEN:
            engine = word
        case "none", Fuel.PETROL | Fuel.ELECTRIC:
            engine = ""
        case "none", _:
            engine = word
        case _, Fuel.ELECTRIC:
            engine = (
                f"{_band(_BATTERY if year >= LARGE_BATTERIES else _EARLY_BATTERY, power_hp)} {word}"
            )
        case "bmw", _:
            engine = _bmw(fuel, power_hp)
        case "mercedes", _:
            engine = _mercedes(generation, year, fuel, power_hp)
        case "volvo", _:
            engine = _volvo(fuel, power_hp)
        case _:
            engine = f"{_litres(year, fuel, power_hp)} {word}"
    return engine.strip()


def _litres(year: int, fuel: Fuel, power_hp: int) -> str:
    if fuel is Fuel.DIESEL:
        return _band(_EARLY_DIESEL if year < EARLY else _LATE_DIESEL, power_hp)
    if year < EARLY:
        return _band(_EARLY_PETROL, power_hp)
    return _band(_LATE_PETROL if year < SMALL_ENGINES else _SMALL_PETROL, power_hp)


def _bmw(fuel: Fuel, power_hp: int) -> str:
    if fuel is Fuel.DIESEL:
        return _band(_BMW_DIESEL, power_hp)
    badge = _band(_BMW_PETROL, power_hp)
    return badge.replace("i", "e") if fuel is Fuel.PLUGIN_HYBRID else badge


def _mercedes(generation: Generation, year: int, fuel: Fuel, power_hp: int) -> str:
    series = _MERCEDES_VANS.get(generation.model)
    if series:
        return f"{series}{power_hp // 10}{' CDI' if fuel is Fuel.DIESEL else ''}"
    if fuel is Fuel.DIESEL:
        return f"{_band(_MERCEDES_DIESEL, power_hp)} {'CDI' if year < MERCEDES_RENAMED else 'd'}"
    badge = _band(_MERCEDES_PETROL, power_hp)
    return f"{badge} e" if fuel is Fuel.PLUGIN_HYBRID else badge


def _volvo(fuel: Fuel, power_hp: int) -> str:
    if fuel is Fuel.PLUGIN_HYBRID:
        return f"{'T8' if power_hp > VOLVO_T6_HP else 'T6'} Recharge"
    return _band(_VOLVO_DIESEL if fuel is Fuel.DIESEL else _VOLVO_PETROL, power_hp)


@cache
def _names(names: str) -> tuple[str, ...]:
    return tuple(names.split())


def _band(bands: Bands, power_hp: int) -> str:
    ends, names = bands
    return _names(names)[bisect_left(ends, power_hp)]
