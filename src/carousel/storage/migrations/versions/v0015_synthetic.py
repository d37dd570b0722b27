"""Synthetic shoppers: accounts with which the monitor tries the system, and which count nowhere.

Owns:    the role ``synthetic`` of an account, the index that finds those who have it.
Imports: alembic.

Only allows more than before. A Carousel that does not know the role takes such an account for a
shopper's; so update every process before the monitor makes one.
"""

from alembic import op

revision = "0015"
down_revision = "0014"

SCHEMA = """
alter table account drop constraint account_role_check,
  add constraint account_role_check check (role in ('shopper', 'operator', 'synthetic'));
create index account_synthetic on account (id) where role = 'synthetic'
"""


def upgrade() -> None:
    """Allow the role; PostgreSQL reads the accounts once."""
    op.get_bind().exec_driver_sql(SCHEMA)
