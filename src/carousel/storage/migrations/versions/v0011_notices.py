"""Notices: what a shopper should hear about a car: cheaper, sold, or new and fitting.

Owns:    the tables ``notice``, ``occasion`` and ``arrival``; the triggers that fill the latter two;
         an index by which those who saved a car are found.
Imports: alembic.

An occasion is kept until whoever writes notices has dealt with it, and deleted in the transaction
that writes them: no cursor can be wrong, and transactions that commit in another order than they
began hide nothing. Triggers, because whoever changes a listing in whatever way must not have to
remember it.

Only adds: a Carousel that does not know the tables goes on without notices; the occasions it leaves
behind are dealt with, or found too old, later.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

SCHEMA = """
-- kind: price_drop, sold, fits or search. before, after: prices of a price_drop. score: of fits.
-- search_id: the saved search that found the car. One notice of a kind for a car and a shopper:
-- a later drop takes the place of the earlier.
create table notice (
  user_id bigint not null,
  listing_id bigint not null,
  kind text not null,
  at timestamptz not null default now(),
  before integer,
  after integer,
  score float8,
  search_id bigint,
  seen boolean not null default false,
  primary key (user_id, kind, listing_id)
);
create index notice_latest on notice (user_id, at desc);
create index notice_at on notice (at);
create index notice_listing on notice (listing_id);
create index reaction_saved on reaction (listing_id) where kind = 'favourite' and holds;

-- kind: new, price or status. before, after: prices of a change of price.
create table occasion (
  seq bigint generated always as identity primary key,
  listing_id bigint not null,
  kind text not null,
  at timestamptz not null default now(),
  before integer,
  after integer
);

-- How many listings came at once, to tell a bulk load from the daily supply.
create table arrival (
  at timestamptz not null default now(),
  listings integer not null
);
create index arrival_at on arrival (at);

create function note_arrivals() returns trigger language plpgsql as $$
begin
  insert into occasion (listing_id, kind)
  select id, 'new' from arrived where status = 'active' order by id;
  insert into arrival (listings) select count(*) from arrived having count(*) > 0;
  return null;
end
$$;
create trigger listing_arrived after insert on listing referencing new table as arrived
  for each statement execute function note_arrivals();

create function note_occasion() returns trigger language plpgsql as $$
begin
  if old.price <> new.price then
    insert into occasion (listing_id, kind, before, after)
    values (new.id, 'price', old.price, new.price);
  end if;
  if old.status <> new.status then
    insert into occasion (listing_id, kind) values (new.id, 'status');
  end if;
  return null;
end
$$;
create trigger listing_occasion after update of price, status on listing for each row
  when (old.price <> new.price or old.status <> new.status) execute function note_occasion();
"""


def upgrade() -> None:
    """Create all; listings that are there already are no occasion."""
    op.get_bind().exec_driver_sql(SCHEMA)
