"""The order in which notices were written, by which a reader says up to where they have read.

Owns:    the column ``seq`` of ``notice`` and its sequence.
Imports: alembic.

Whoever writes notices, or merges those of two users, does so one after the other, so a notice that
was committed later has the higher number; the moment of what happened does not tell.

Only adds: a Carousel that does not know the column goes on marking all notices as seen.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

SCHEMA = """
-- Notices that are there already count as written before all others; no row is rewritten.
create sequence notice_seq;
alter table notice add column seq bigint not null default 0;
alter table notice alter column seq set default nextval('notice_seq');
alter sequence notice_seq owned by notice.seq
"""


def upgrade() -> None:
    """Add the column."""
    op.get_bind().exec_driver_sql(SCHEMA)
