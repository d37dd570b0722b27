"""Since when an event is forgotten, so that its fingerprint need not be kept for ever.

Owns:    the column ``at`` of ``forgotten``.
Imports: alembic.

Fingerprints that are there already count as made today. Only adds: a Carousel that does not know
the column keeps all fingerprints.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

SCHEMA = """
alter table forgotten add column at timestamptz not null default now()
"""


def upgrade() -> None:
    """Add the column; PostgreSQL rewrites no row for it."""
    op.get_bind().exec_driver_sql(SCHEMA)
