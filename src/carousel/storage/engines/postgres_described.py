"""Active listings as a scorer sees them: facts, vectors, popularity, audience; read from rows.

Owns:    what to select for that, rows as records of ``domain.facts.FACTS``.
Imports: numpy, engines.postgres_retrieval, domain, storage.ports.

Rows become columns at once: to make a ``Listing`` of each would take ten times as long.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from carousel.domain.audience import Audience, at_moment
from carousel.domain.facts import (
    BODIES,
    FACTS,
    FUELS,
    TRANSMISSIONS,
    Facts,
    body_code,
    code_of,
    fuel_code,
    transmission_code,
)
from carousel.domain.popularity import score_at
from carousel.storage.engines.postgres_retrieval import vectors_sent
from carousel.storage.ports import HALF_LIVES
from carousel.storage.ports.serving import Described

SEEN = """
i.listing_id, extract(epoch from i.listed_at)::float8 as listed_at, i.price, i.year, i.mileage_km,
i.power_hp, i.latitude, i.longitude, l.make, l.model, l.seller, i.body, i.fuel, i.transmission,
vector_send(i.embedding) as vector, p.standing,
a.impressions, a.views, a.contacts, a.as_of as heard_at
"""
"""What to select of ``SEEN_FROM``."""

SEEN_FROM = """
inventory i join listing l on l.id = i.listing_id
left join popularity p on p.listing_id = i.listing_id
left join audience a on a.listing_id = i.listing_id
"""

_BODIES: Mapping[str | None, int] = {str(one): body_code(one) for one in BODIES} | {None: 0}
_FUELS: Mapping[str | None, int] = {str(one): fuel_code(one) for one in FUELS} | {None: 0}
_TRANSMISSIONS: Mapping[str | None, int] = {
    str(one): transmission_code(one) for one in TRANSMISSIONS
} | {None: 0}


def described_from(rows: Sequence[Any], at: datetime) -> Described:
    """Return rows of SEEN as descriptions; the counts and the audiences are of a moment."""
    counts = [0.0 if row["standing"] is None else score_at(row["standing"], at) for row in rows]
    return Described(
        [row["listing_id"] for row in rows],
        facts_from(rows),
        vectors_sent([row["vector"] for row in rows]).astype(np.float64),
        np.array(counts, dtype=np.float64),
        had_from(rows, at),
    )


def had_from(rows: Sequence[Any], at: datetime) -> Audience:
    """Return what the listings of rows of SEEN have had of their audiences, at a moment."""
    names = ("impressions", "views", "contacts", "heard_at")
    columns = np.array([[row[name] for name in names] for row in rows], dtype=np.float64)
    kept = np.nan_to_num(columns.reshape(-1, len(names)))  # None is NaN: nobody has seen it
    return at_moment(kept[:, :3], kept[:, 3], at.timestamp(), HALF_LIVES)


def facts_from(rows: Sequence[Any]) -> Facts:
    """Return the records of rows of SEEN, shape (n,), equal to those of the listings."""
    facts = np.zeros(len(rows), dtype=FACTS)
    for name in ("listed_at", "price", "year", "mileage_km", "power_hp", "latitude", "longitude"):
        facts[name] = np.array([row[name] for row in rows], dtype=np.float64)  # None is NaN
    facts["make"] = [code_of(row["make"]) for row in rows]
    facts["model"] = [_code(row["make"], row["model"]) for row in rows]
    facts["seller"] = [_code(row["seller"]) for row in rows]
    facts["body"] = [_BODIES[row["body"]] for row in rows]
    facts["fuel"] = [_FUELS[row["fuel"]] for row in rows]
    facts["transmission"] = [_TRANSMISSIONS[row["transmission"]] for row in rows]
    return facts


def _code(*names: str | None) -> int:
    """Return the code of a name, 0 where a part of it is not stated."""
    stated = [name for name in names if name is not None]
    return code_of(*stated) if len(stated) == len(names) else 0
