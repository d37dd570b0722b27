"""Trails: the last of what each shopper did, and the facts of a car beside its vector.

Owns:    the columns ``shopper.trail`` and ``listing_vector.facts``.
Imports: alembic.

What was there before has neither: a shopper's trail begins with what they do next, and a car's
facts are read from ``listing``, until a reindex writes all of both.

Only adds: a Carousel that does not know the columns goes on writing the others, and leaves facts
and trails behind them; the next reindex brings them up to date.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

SCHEMA = """
-- trail: domain.trail.to_bytes, at most 3.7 kB, empty where nothing is known. It is read and
-- written with the evidence by every batch: kept in the row, as it is, it costs least.
alter table shopper add column trail bytea not null default '';
alter table shopper set (toast_tuple_target = 8160);

-- facts: one record of domain.facts.FACTS; null where the row is older than the column.
alter table listing_vector add column facts bytea
"""


def upgrade() -> None:
    """Add the columns; PostgreSQL rewrites no row for them."""
    op.get_bind().exec_driver_sql(SCHEMA)
