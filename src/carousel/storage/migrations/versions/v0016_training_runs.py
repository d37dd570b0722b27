"""How trainings ended: also those that were refused or failed, of which no model tells.

Owns:    the table ``training_run``.
Imports: alembic.

Only adds: a Carousel that does not know the table trains without telling.
"""

from alembic import op

revision = "0016"
down_revision = "0015"

SCHEMA = """
-- outcome: published, refused or failed. version: of what was trained, null where there is none.
-- why: what it was refused for, or what failed.
create table training_run (
  seq bigint generated always as identity primary key,
  kind text not null,
  ended_at timestamptz not null default now(),
  outcome text not null check (outcome in ('published', 'refused', 'failed')),
  version text,
  why text
);
create index training_run_last on training_run (kind, seq desc)
"""


def upgrade() -> None:
    """Create the table; of what was trained before, nothing is told."""
    op.get_bind().exec_driver_sql(SCHEMA)
