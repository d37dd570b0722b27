"""Kept appraisals on PostgreSQL: what there is to appraise, and the table of what was found.

Owns:    writing the table ``appraisal``; whose turn it is to do so.
Imports: psycopg, engines.postgres_*, domain, storage.ports.

Changes are followed as a mirror follows them, see ``postgres_feed``. Where a reader stands lives in
its memory only: after a crash ``outdated`` says what is missing, so nothing has to be remembered.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from psycopg.rows import dict_row

from carousel.domain.listing import ListingId
from carousel.storage.engines.postgres_columns import bigints, texts
from carousel.storage.engines.postgres_connection import answering, connect
from carousel.storage.engines.postgres_described import facts_from
from carousel.storage.ports.appraisals import CarModel, Changed, Kept, Stock

# Whoever appraises holds this lock as long as its session lives.
APPRAISING_LOCK = 0x6361726F_00000009

MODELS_AT_ONCE = 16

_NOW = "select pg_current_snapshot()::text"

_CHANGED = """
select pg_current_snapshot()::text, array(
  select array[l.id::text, l.make_key, l.model_key, i.listing_id::text]
  from listing l left join inventory i on i.listing_id = l.id
  where l.changed >= pg_snapshot_xmin(%(moment)s::text::pg_snapshot)
    and l.changed < pg_snapshot_xmax(pg_current_snapshot())
    and not pg_visible_in_snapshot(l.changed, %(moment)s::text::pg_snapshot)
  order by l.listed_at desc, l.id)
"""

_OUTDATED = """
select i.listing_id, i.make_key, i.model_key
from inventory i join listing l on l.id = i.listing_id
left join appraisal a on a.listing_id = i.listing_id and a.revision = l.revision
where i.model_key is not null and a.listing_id is null
order by i.listed_at desc, i.listing_id
"""

_MODELS = """
select distinct make_key, model_key from inventory join appraisal using (listing_id)
where model_key is not null
"""

_OF_MODEL = """
select listing_id from inventory where make_key = %s and model_key = %s
order by listed_at desc, listing_id
"""

_SEEN = """
i.listing_id, i.make_key, i.model_key, l.revision, l.make, l.model, l.seller, i.body, i.fuel,
i.transmission, extract(epoch from i.listed_at)::float8 as listed_at, i.price, i.year,
i.mileage_km, i.power_hp, i.latitude, i.longitude
"""

_THESE = f"""
select {_SEEN} from inventory i join listing l on l.id = i.listing_id
where i.listing_id = any(%b::bigint[]) and i.model_key is not null
order by i.make_key, i.model_key
"""

_NEWEST = f"""
select {_SEEN} from unnest(%b::text[], %b::text[]) as m (make_key, model_key)
cross join lateral (
  select * from inventory where make_key = m.make_key and model_key = m.model_key
  order by listed_at desc, listing_id limit %s) as i
join listing l on l.id = i.listing_id
order by i.make_key, i.model_key, i.listed_at desc, i.listing_id
"""

_KEEP = """
insert into appraisal
  (listing_id, revision, verdict, fair, low, high, comparables, drivers)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (listing_id) do update set
  revision = excluded.revision, appraised_at = now(), verdict = excluded.verdict,
  fair = excluded.fair, low = excluded.low, high = excluded.high,
  comparables = excluded.comparables, drivers = excluded.drivers, changed = pg_current_xact_id()
"""

_FORGET = """
delete from appraisal a where not exists (select from inventory where listing_id = a.listing_id)
"""

_UNSAY = """
update appraisal a set verdict = null, fair = null, low = null, high = null, comparables = 0,
  drivers = null, changed = pg_current_xact_id()
from inventory i where i.listing_id = a.listing_id and i.model_key is null and a.fair is not null
"""


class PostgresAppraisals:
    """Implements ``storage.ports.appraisals.Appraisals``; one connection, for one thread.

    The lock goes with the connection, so a lost one is not opened again.
    """

    def __init__(self, database_url: str) -> None:
        self._connection = connect(database_url, "-c synchronous_commit=off")
        self._owns = False
        self._moment = ""

    def close(self) -> None:
        """Close the connection; another may appraise."""
        self._connection.close()

    def own(self) -> bool:
        """Return whether this process is the one that appraises; see the port."""
        if not self._owns:
            with answering():
                row = self._connection.execute(
                    "select pg_try_advisory_lock(%s)", [APPRAISING_LOCK]
                ).fetchone()
            self._owns = row is not None and row[0]
        return self._owns

    def changed(self) -> Sequence[Changed]:
        """Return which listings became others since the last call; see the port."""
        with answering():
            if not self._moment:
                self._moment = self._rows(_NOW)[0][0]
                return []
            ((moment, found),) = self._rows(_CHANGED, {"moment": self._moment})
        self._moment = moment
        return [
            _changed(int(listing_id), make, model, active=there is not None)
            for listing_id, make, model, there in found
        ]

    def outdated(self) -> Sequence[Changed]:
        """Return the active listings of which nothing is kept as they are, newest first."""
        with answering():
            return [_changed(*row, active=True) for row in self._rows(_OUTDATED)]

    def models(self) -> Sequence[CarModel]:
        """Return the models of which something is kept, in no order."""
        with answering():
            return self._rows(_MODELS)

    def of_model(self, model: CarModel) -> Sequence[ListingId]:
        """Return the active listings of a model, the latest published first."""
        with answering():
            return [row[0] for row in self._rows(_OF_MODEL, model)]

    def stocks(self, ids: Sequence[ListingId], newest: int) -> Iterator[Stock]:
        """Yield listings with the newest of each model; see the port."""
        rows = self._named(_THESE, bigints(ids))
        asked = [(model, list(these)) for model, these in groupby(rows, _model_of)]
        for start in range(0, len(asked), MODELS_AT_ONCE):
            few = asked[start : start + MODELS_AT_ONCE]
            makes, models = texts(model[0] for model, _ in few), texts(model[1] for model, _ in few)
            found = groupby(self._named(_NEWEST, makes, models, newest), _model_of)
            beside = {model: list(others) for model, others in found}
            yield from (_stock(these, beside.get(model, [])) for model, these in few)

    def keep(self, found: Iterable[Kept]) -> None:
        """Keep appraisals; of each listing the last one counts."""
        with (
            answering(),
            self._connection.transaction(),
            self._connection.cursor() as cursor,
        ):
            cursor.executemany(_KEEP, [_row_of(one) for one in found])

    def forget(self) -> int:
        """Forget appraisals of what is not for sale, or of no model, any more; return how many."""
        with answering(), self._connection.transaction():
            # Mirrors follow rows that are there: of a car that they show, one must stay.
            return sum(self._connection.execute(query).rowcount for query in (_UNSAY, _FORGET))

    def _named(self, query: str, *values: object) -> list[dict[str, Any]]:
        with answering(), self._connection.cursor(row_factory=dict_row, binary=True) as cursor:
            return cursor.execute(query.encode(), values).fetchall()

    def _rows(self, query: str, values: Any = None) -> list[Any]:  # noqa: ANN401 (by place or name)
        return self._connection.execute(query.encode(), values).fetchall()


def _changed(listing_id: ListingId, make: str, model: str | None, *, active: bool) -> Changed:
    return Changed(listing_id, None if model is None else (make, model), active)


def _model_of(row: Mapping[str, Any]) -> CarModel:
    return row["make_key"], row["model_key"]


def _stock(rows: Sequence[Any], newest: Sequence[Any]) -> Stock:
    return Stock(
        [row["listing_id"] for row in rows],
        [row["revision"] for row in rows],
        facts_from(rows),
        [row["listing_id"] for row in newest],
        facts_from(newest),
    )


def _row_of(one: Kept) -> tuple[Any, ...]:
    said = one.appraisal
    if said is None:
        return (one.listing_id, one.revision, *(None,) * 4, 0, None)
    return (
        *(one.listing_id, one.revision, said.verdict.value, said.fair, said.low, said.high),
        *(said.comparables, json.dumps(dict(said.drivers))),
    )
