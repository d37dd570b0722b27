"""Facets and splits on PostgreSQL: what there is to choose from, and what a choice would keep.

Owns:    their statements; usual spellings and the middles of regions.
Imports: numpy, engines.postgres_*, domain.

One statement each: a part for every field, all of them side by side. The process's own memory
answers ten times as fast (``mirror``); this is for the moments in which it cannot.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from carousel.domain.facets import FACETS, RANGES, Facets, in_order, without_own
from carousel.domain.features import Matrix, Vector
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.histogram import histogram
from carousel.domain.refinements import BOUNDS, Options, Splits, choices_open, limits
from carousel.storage.engines.postgres_discovery import PostgresDiscovery
from carousel.storage.engines.postgres_filters import Statement

_KEYS: Mapping[str, str] = {
    name: f"{name}_key" for name in ("make", "model", "colour", "region")
} | {name: name for name in ("fuel", "transmission", "body", "seller_type")}
"""The column of the inventory by which a field is compared."""

_USUAL = " union all ".join(
    f"select '{field}' as part, {key} as key, count(*) as n, "
    f'mode() within group (order by {field} collate "C") as spelling, '
    f"{'avg(latitude), avg(longitude)' if field == 'region' else 'null::float8, null::float8'} "
    f"from listing where status = 'active' and {key} is not null group by {key}"
    for field, key in _KEYS.items()
    if field != key
)
"""Every name in use by its key, as it is usually spelt, regions with their middle."""


class PostgresFinding(PostgresDiscovery):
    """Part of ``storage.ports.ServingStore``, through a pool of connections."""

    async def facets(self, filters: Filters = NO_FILTERS) -> Facets:
        """Return what there is to choose from, counted as ``domain.facets`` says.

        Reads every listing that passes about a dozen times.
        """
        statement = Statement()
        columns = {facet: _KEYS[field] for facet, field in FACETS.items()}
        columns |= {name: name for name in RANGES}
        parts = [
            f"select '{facet}' as part, {column}::text as key, count(*) as n, null as spelling, "
            "null::float8 as latitude, null::float8 as longitude from inventory "
            f"{statement.where(without_own(filters, facet), f'{column} is not null')} "
            f"group by {column}"
            for facet, column in columns.items()
        ]
        where = statement.where(filters)
        parts.append(f"select 'total', null, count(*), null, null, null from inventory {where}")
        parts.append(_USUAL)
        counted = _by_part(await self._rows(" union all ".join(parts), *statement.arguments))
        names = {field: _spellings(counted[field]) for field in FACETS.values()}
        values = {
            facet: in_order({names[field].get(row["key"], row["key"]): row["n"]
                             for row in counted[facet]})
            for facet, field in FACETS.items()
        }  # fmt: skip
        there = {name for name, _ in values["regions"]}
        return Facets(
            total=counted["total"][0]["n"],
            values=values,
            centres={
                row["spelling"]: (row["latitude"], row["longitude"])
                for row in counted["region"]
                if row["spelling"] in there and row["latitude"] is not None
            },
            ranges={name: histogram(_repeated(counted[name])) for name in RANGES},
        )

    async def counts(self, asked: Sequence[tuple[Filters, datetime]]) -> list[tuple[int, int]]:
        """Return for each how many active listings pass, and how many of them are listed later."""
        if not asked:
            return []
        statement, parts = Statement(), list[str]()
        for place, (filters, moment) in enumerate(asked):
            parts.append(
                f"select {place} as place, count(*) as total, "
                f"count(*) filter (where listed_at > {statement.bind(moment)}) as later "
                f"from inventory {statement.where(filters)}"
            )
        rows = await self._rows(
            f"select total, later from ({' union all '.join(parts)}) as counted order by place",
            *statement.arguments,
        )
        return [(row[0], row[1]) for row in rows]

    async def splits(self, filters: Filters, wanted: Vector | None) -> Splits:
        """Return how each further filter would split the active listings that pass.

        Compares every one of them with ``wanted``.
        """
        statement = Statement()
        where = statement.where(filters)
        near = "null::float8"
        if wanted is not None:
            near = f"-(embedding <#> {statement.bind(wanted)})"
        open_ = choices_open(filters)
        columns = {field: _KEYS[field] for field in open_} | {name: name for name in BOUNDS}
        parts = [
            f"select '{name}' as part, {column}::text as key, count(*) as n, count(near) as seen, "
            "coalesce(sum(near), 0) as near, null as spelling, null::float8 as deviation "
            f"from kept where {column} is not null group by {column}"
            for name, column in columns.items()
        ]
        parts.append(
            "select 'all', null, count(*), count(near), coalesce(avg(near), 0), null, "
            "coalesce(stddev_pop(near), 0) from kept"
        )
        parts.append(
            "select 'spelt ' || part, key, n, 0, 0, spelling, null "
            f"from ({_USUAL}) as usual (part, key, n, spelling, latitude, longitude)"
        )
        counted = _by_part(
            await self._rows(
                f"with kept as materialized (select *, {near} as near from inventory {where}) "
                + " union all ".join(parts),
                *statement.arguments,
            )
        )
        found = {
            field: _options(counted[field], _spellings(counted[f"spelt {field}"]))
            for field in open_
        }
        for number in BOUNDS:
            rows = counted[number]
            values = np.array([float(row["key"]) for row in rows])
            found |= limits(number, values, _weights(rows))
        (everything,) = counted["all"]
        return Splits(
            total=everything["n"],
            described=everything["seen"],
            mean=everything["near"],
            deviation=everything["deviation"],
            options=found,
        )


def _by_part(rows: Sequence[Any]) -> defaultdict[str, list[Any]]:
    parts: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        parts[row["part"]].append(row)
    return parts


def _spellings(rows: Sequence[Any]) -> dict[str, str]:
    return {row["key"]: row["spelling"] for row in rows}


def _repeated(rows: Sequence[Any]) -> Vector:
    """Return the numbers behind rows that count them, each as often as it was counted."""
    values = np.array([float(row["key"]) for row in rows])
    return np.repeat(values, [row["n"] for row in rows])


def _weights(rows: Sequence[Any]) -> Matrix:
    columns = [[row[name] for row in rows] for name in ("n", "seen", "near")]
    return np.array(columns, dtype=np.float64)


def _options(rows: Sequence[Any], spellings: Mapping[str, str]) -> Options:
    return Options([spellings.get(row["key"], row["key"]) for row in rows], *_weights(rows))
