"""Who sells a car: the marketplace's own key, beside what the seller states.

Owns:    the column ``listing.seller``; null for every car that was there before.
Imports: alembic.

Only adds: a Carousel that does not know the column goes on reading and writing the others.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; PostgreSQL rewrites no row for it."""
    op.get_bind().exec_driver_sql("alter table listing add column seller text")
