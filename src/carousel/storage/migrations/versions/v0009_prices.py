"""Prices: what each car should cost, and what it was offered for before.

Owns:    the tables ``appraisal`` and ``price_change``, the trigger that fills the latter.
Imports: alembic.

A trigger, because whoever changes a price in whatever way must not have to remember it. The first
price is not kept: it is the ``before`` of the first change.

Only adds: a Carousel that does not know the tables goes on without verdicts.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

SCHEMA = """
-- revision: of the listing that was appraised. verdict and all numbers are null where there is no
-- verdict. drivers: a JSON object, log of how much dearer by axis. changed: the transaction that
-- wrote the row last, by which mirrors follow.
create table appraisal (
  listing_id bigint primary key,
  revision integer not null,
  appraised_at timestamptz not null default now(),
  verdict text,
  fair float8,
  low float8,
  high float8,
  comparables integer not null default 0,
  drivers text,
  changed xid8 not null default pg_current_xact_id()
);
create index appraisal_changed on appraisal (changed);

create table price_change (
  seq bigint generated always as identity primary key,
  listing_id bigint not null,
  at timestamptz not null default now(),
  before integer not null,
  after integer not null
);
create index price_change_listing on price_change (listing_id, at desc);

create function note_price() returns trigger language plpgsql as $$
begin
  insert into price_change (listing_id, before, after) values (new.id, old.price, new.price);
  return new;
end
$$;
create trigger listing_price after update of price on listing
  for each row when (old.price is distinct from new.price) execute function note_price();
"""


def upgrade() -> None:
    """Create both; no row is rewritten."""
    op.get_bind().exec_driver_sql(SCHEMA)
