"""Which transaction changed a listing or its popularity last, so that mirrors can follow.

Owns:    the columns ``changed`` of ``listing`` and ``popularity``, and the triggers that fill them.
Imports: alembic.

The columns hold the number of the transaction that wrote the row, null for rows written before
there was the column: a mirror fills itself first and follows then. Triggers, because whoever
changes a row in whatever way, by hand too, must not have to remember it.

Only adds: a Carousel that does not know the columns fills them all the same.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

SCHEMA = """
create function note_change() returns trigger language plpgsql as $$
begin
  new.changed := pg_current_xact_id();
  return new;
end
$$;

alter table listing add column changed xid8;
create index listing_changed on listing (changed) where changed is not null;
create trigger listing_changed before insert or update on listing
  for each row execute function note_change();

alter table popularity add column changed xid8;
create index popularity_changed on popularity (changed) where changed is not null;
create trigger popularity_changed before insert or update on popularity
  for each row execute function note_change();
"""


def upgrade() -> None:
    """Add both; PostgreSQL rewrites no row for it."""
    op.get_bind().exec_driver_sql(SCHEMA)
