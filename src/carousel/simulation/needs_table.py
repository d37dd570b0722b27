"""Shoppers and their needs as two tables: one row a shopper, one row a need.

Owns:    the columns of shoppers.parquet and needs.parquet.
Imports: domain.errors, recording.columns, simulation.{columns, needs, regions, tastes}, numpy.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from carousel.domain.errors import RecordingError
from carousel.recording import columns
from carousel.simulation.columns import BODIES, FUELS, Floats
from carousel.simulation.needs import Kind, Need, Shopper
from carousel.simulation.regions import City, cities
from carousel.simulation.tastes import Stage

KINDS = tuple(Kind)
BETWEEN = "|"
"""Stands between the names of a list; no make and no aspect has it in its name."""

_SHOPPERS: dict[str, columns.Kind] = {
    "kind": KINDS,
    "sessions_per_day": "float",
    "patience": "float",
}
_NUMBERS = ("budget", "stretch", "distance_km", "begins", "ends", "weight", "annual_km", "gearbox")
_NEEDS: dict[str, columns.Kind] = {
    "shopper": "int",
    **dict.fromkeys(_NUMBERS, "float"),
    "people": "int",
    "makes": "text",
    "order": "text",
    "home": "text",
    "taste": "matrix",
    "bodies": "matrix",
    "fuels": "matrix",
    "stage_budget": "int",
    "power_hp": "int",
    "oldest": "int",
}


def write_shoppers(shoppers: Sequence[Shopper], accounts: Path, needs: Path) -> None:
    """Write accounts and their needs to two files."""
    columns.write_table(
        accounts,
        {
            "kind": columns.Coded(
                np.array([KINDS.index(s.kind) for s in shoppers], dtype=np.int64), KINDS
            ),
            "sessions_per_day": np.array([s.sessions_per_day for s in shoppers]),
            "patience": np.array([s.patience for s in shoppers]),
        },
    )
    rows = [(row, need) for row, shopper in enumerate(shoppers) for need in shopper.needs]
    wanted = [need for _, need in rows]
    stages = [need.stage for need in wanted]
    columns.write_table(
        needs,
        {
            "shopper": np.array([row for row, _ in rows], dtype=np.int64),
            **{
                name: np.array([getattr(n, name) for n in wanted], dtype=float) for name in _NUMBERS
            },
            "people": np.array([n.people for n in wanted], dtype=np.int64),
            "makes": [BETWEEN.join(n.makes) for n in wanted],
            "order": [BETWEEN.join(n.order) for n in wanted],
            "home": [n.home.name for n in wanted],
            "taste": _matrix([n.taste.tolist() for n in wanted]),
            "bodies": _matrix([[s.bodies.get(b, 0.0) for b in BODIES] for s in stages]),
            "fuels": _matrix([[s.fuels.get(f, 0.0) for f in FUELS] for s in stages]),
            "stage_budget": np.array([s.budget for s in stages], dtype=np.int64),
            "power_hp": np.array([s.power_hp for s in stages], dtype=np.int64),
            "oldest": np.array([s.oldest for s in stages], dtype=np.int64),
        },
    )


def read_shoppers(accounts: Path, needs: Path) -> tuple[Shopper, ...]:
    """Read the accounts of a market, each with its needs.

    Raises:
        RecordingError: a file is missing or foreign, or a home is no city this version knows.
    """
    people = columns.read_table(accounts, _SHOPPERS)
    table = columns.read_table(needs, _NEEDS)
    homes = {city.name: city for city in cities()}
    if unknown := set(table["home"]) - set(homes):
        raise RecordingError(
            f"{needs}: this version knows no city {', '.join(sorted(map(str, unknown)))}; "
            f"simulate the market again."
        )
    owned: list[list[Need]] = [[] for _ in people["kind"]]
    for row, shopper in enumerate(table["shopper"].tolist()):
        owned[shopper].append(_need(table, row, homes[table["home"][row]]))
    return tuple(
        Shopper(KINDS[kind], tuple(mine), sessions, patience)
        for kind, mine, sessions, patience in zip(
            people["kind"].tolist(),
            owned,
            people["sessions_per_day"].tolist(),
            people["patience"].tolist(),
            strict=True,
        )
    )


def _need(table: dict[str, Any], row: int, home: City) -> Need:
    bodies, fuels = table["bodies"][row].tolist(), table["fuels"][row].tolist()
    return Need(
        stage=Stage(
            {body: share for body, share in zip(BODIES, bodies, strict=True) if share > 0},
            {fuel: share for fuel, share in zip(FUELS, fuels, strict=True) if share > 0},
            int(table["stage_budget"][row]),
            int(table["power_hp"][row]),
            int(table["oldest"][row]),
        ),
        makes=tuple(filter(None, table["makes"][row].split(BETWEEN))),
        home=home,
        taste=table["taste"][row],
        people=int(table["people"][row]),
        order=tuple(table["order"][row].split(BETWEEN)),
        **{name: float(table[name][row]) for name in _NUMBERS},
    )


def _matrix(rows: list[list[float]]) -> Floats:
    """Return rows as an array of two axes, also if there are none."""
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(rows[0]) if rows else 1)
