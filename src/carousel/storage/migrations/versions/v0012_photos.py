"""Photos of a car, where a marketplace has any.

Owns:    the column ``photos`` of ``listing``.
Imports: alembic.

Only adds: a Carousel that does not know the column draws every car.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

SCHEMA = """
alter table listing add column photos text[] not null default '{}'
"""


def upgrade() -> None:
    """Add the column; PostgreSQL rewrites no row for it."""
    op.get_bind().exec_driver_sql(SCHEMA)
