"""Visitors: people without an account, known by their token alone.

Owns:    the table ``visitor``.
Imports: alembic.

A table of its own, not accounts without an e-mail: most visitors never do anything, so a row is as
small as a row can be, has no index but its key, and is deleted without anybody noticing. Ids come
from the accounts' sequence: whatever is kept under a user's id is kept the same way for both.

Only adds: a Carousel that does not know the table goes on serving accounts, and makes dead letters
of what visitors do; ``carousel dead-letters replay`` brings them back.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

SCHEMA = """
-- account_id: the account that everything the visitor did counts for; null until they are merged.
create table visitor (
  id bigint primary key default nextval('account_id_seq'),
  since timestamptz not null default now(),
  account_id bigint references account
)
"""


def upgrade() -> None:
    """Create the table."""
    op.get_bind().exec_driver_sql(SCHEMA)
