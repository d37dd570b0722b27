"""Audiences: how often each listing was shown, opened and asked about lately.

Owns:    the table ``audience``.
Imports: alembic.

A listing that was there before has had nothing of its audience until it is shown, opened or asked
about next: its counts begin then, and of what they miss little would be left after a few weeks.

Only adds: a Carousel that does not know the table goes on without counting.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

SCHEMA = """
-- The counts of domain.audience, aged to as_of, in epoch seconds. changed: the transaction that
-- wrote the row last, by which mirrors follow. Rows are rewritten all the time: leave room.
create table audience (
  listing_id bigint primary key,
  impressions float8 not null,
  views float8 not null,
  contacts float8 not null,
  as_of float8 not null,
  changed xid8 not null default pg_current_xact_id()
) with (fillfactor = 70);
create index audience_changed on audience (changed)
"""


def upgrade() -> None:
    """Create the table."""
    op.get_bind().exec_driver_sql(SCHEMA)
