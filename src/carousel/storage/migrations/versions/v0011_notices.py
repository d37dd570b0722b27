"""Notices: what a shopper should hear about a car: cheaper, sold, or new and fitting.

Owns:    the tables ``notice`` and ``notice_cursor``.
Imports: alembic.

Only adds: a Carousel that does not know the tables goes on without notices.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

SCHEMA = """
-- kind: price_drop, sold or fits. before, after: prices of a price_drop. score: of fits.
-- One notice of a kind for a car and a shopper: a later drop takes the place of the earlier.
create table notice (
  user_id bigint not null,
  listing_id bigint not null,
  kind text not null,
  at timestamptz not null default now(),
  before integer,
  after integer,
  score float8,
  seen boolean not null default false,
  primary key (user_id, kind, listing_id)
);
create index notice_latest on notice (user_id, at desc);
create index notice_at on notice (at);

-- How far whoever writes notices has read, by what it reads.
create table notice_cursor (
  source text primary key,
  position bigint not null
)
"""


def upgrade() -> None:
    """Create both."""
    op.get_bind().exec_driver_sql(SCHEMA)
