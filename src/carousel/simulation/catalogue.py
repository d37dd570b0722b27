"""The cars that can be for sale: a table of model generations, and how each make words its adverts.

Owns:    reading models.csv and makes.toml; the meaning of their columns.
Imports: domain.listing.

The table is written by hand from general knowledge: rounded, typical figures, not a copy of any
price list or advert.
"""

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from carousel.domain.listing import Body, Fuel

STILL_BUILT = 2100
"""Last year of production of a model that is still made."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of a model as sold in Europe.

    first_year, last_year: of production, inclusive.
    hp_low, hp_high:       metric horsepower of the weakest and strongest version.
    list_price:            EUR, new, a middle trim with a middle engine, in its own time.
    depreciation:          share of its value that it loses in a year, about.
    automatic:             share with an automatic gearbox.
    popularity:            relative number of adverts for each year of production.
    bodies, fuels:         shares, each summing to 1.
    """

    make: str
    model: str
    segment: str
    first_year: int
    last_year: int
    hp_low: int
    hp_high: int
    list_price: int
    depreciation: float
    automatic: float
    popularity: float
    bodies: dict[Body, float]
    fuels: dict[Fuel, float]


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a make's adverts; the four trims go from entry to top."""

    badge: str
    trims: tuple[str, str, str, str]
    petrol: str
    early_petrol: str
    diesel: str
    early_diesel: str
    hybrid: str
    plugin_hybrid: str
    electric: str
    lpg: str
    cng: str
    hydrogen: str
    estate: str
    automatic: str
    four_wheel_drive: str

    def engine(self, fuel: Fuel, *, early: bool) -> str:
        """Return what the make calls an engine of this fuel; ``early`` is before 2009."""
        prefix = "early_" if early and fuel in (Fuel.PETROL, Fuel.DIESEL) else ""
        return str(getattr(self, f"{prefix}{fuel.value}"))


@cache
def generations() -> tuple[Generation, ...]:
    """Return the table of models, in the order of the file.

    >>> len(generations()) >= 300, "Skoda" in {g.make for g in generations()}
    (True, True)
    """
    text = _table("models.csv")
    return tuple(
        _generation(row) for row in csv.DictReader(text.splitlines(), skipinitialspace=True)
    )


@cache
def wordings() -> dict[str, Wording]:
    """Return each make's words; a make without an entry of its own speaks the default ones.

    >>> wordings()["Skoda"].engine(Fuel.DIESEL, early=False)
    'TDI'
    """
    table = tomllib.loads(_table("makes.toml"))
    default = table.pop("default")
    return {
        make: _wording({**default, **table.get(make, {})})
        for make in dict.fromkeys(g.make for g in generations())
    }


def _table(name: str) -> str:
    return resources.files("carousel.simulation").joinpath(name).read_text(encoding="utf-8")


def _wording(entry: dict[str, Any]) -> Wording:
    return Wording(**{**entry, "trims": tuple(entry["trims"])})


def _generation(padded: dict[str, str]) -> Generation:
    row = {name.strip(): cell.strip() for name, cell in padded.items()}
    return Generation(
        make=row["make"],
        model=row["model"],
        segment=row["segment"],
        first_year=int(row["from"]),
        last_year=int(row["to"] or STILL_BUILT),
        hp_low=int(row["hp_low"]),
        hp_high=int(row["hp_high"]),
        list_price=int(row["list_price"]),
        depreciation=float(row["depreciation"]) / 100,
        automatic=float(row["automatic"]) / 100,
        popularity=float(row["popularity"]),
        bodies={Body(k): v for k, v in _shares(row["bodies"])},
        fuels={Fuel(k): v for k, v in _shares(row["fuels"])},
    )


def _shares(cell: str) -> list[tuple[str, float]]:
    pairs = [part.split(":") for part in cell.split()]
    return [(name, int(percent) / 100) for name, percent in pairs]
