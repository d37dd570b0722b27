"""Synthetic shoppers on PostgreSQL: accounts with which the monitor tries what a shopper can do.

Owns:    making them, making them strangers again, leaving them out of what is asked of everybody.
Imports: psycopg, engines.postgres_*, domain, storage.ports.

What they do is folded into their own state and nowhere else: it is not archived, and no listing
hears of it; see ``streaming.content_based``. So nothing that reads the archive, listings' audiences
or reactions can meet them. Their state is a row of ``shopper`` like everybody's: whoever looks at
all of these rows leaves them out, as ``NOT_SYNTHETIC`` says.
"""

from carousel.domain.car_features import DIM
from carousel.domain.errors import ConfigurationError
from carousel.domain.listing import UserId
from carousel.domain.preference import no_evidence
from carousel.domain.trail import NO_TRAIL
from carousel.storage.engines.postgres_connection import (
    Connection,
    answering,
    connect,
    living,
    share_space,
    share_users,
)
from carousel.storage.engines.postgres_learning import PostgresBatch
from carousel.storage.engines.postgres_merging import DAWN
from carousel.storage.engines.postgres_rows import possible
from carousel.storage.engines.postgres_space import Spaces
from carousel.storage.ports import SYNTHETIC, Learned

_ENSURE = """
insert into account (email, first_name, surname, role) values (%s, '-', '-', %s)
on conflict (lower(email)) do nothing
"""


class PostgresSynthetic:
    """Implements ``storage.ports.Synthetic``; one connection, for one thread.

    A connection that was lost between two calls is opened again. Every method raises
    StoreUnavailableError when the server does not answer.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection = connect(database_url)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def ensure_synthetic(self, email: str) -> UserId:
        """Return the synthetic shopper of this e-mail, made where there is none; see the port."""
        with answering():
            connection = self._open()
            connection.execute(_ENSURE, [email, SYNTHETIC])
            row = connection.execute(
                "select id, role from account where lower(email) = lower(%s)", [email]
            ).fetchone()
        if row is None or row[1] != SYNTHETIC:
            raise ConfigurationError(f"The account {email!r} is a person's, not a synthetic one.")
        return int(row[0])

    def forget_synthetic(self, user_id: UserId) -> int:
        """Make a synthetic shopper a stranger again; see the port."""
        with answering():
            connection = self._open()
            with connection.transaction():
                return _forget(connection, user_id)

    def _open(self) -> Connection:
        self._connection = living(self._connection, self._url)
        return self._connection


def _forget(connection: Connection, user_id: UserId) -> int:
    share_space(connection)
    share_users(connection)
    row = connection.execute(
        "select 1 from account where id = any(%s) and role = %s for share",
        [possible([user_id]), SYNTHETIC],
    ).fetchone()
    if row is None:
        raise ValueError(f"{user_id} is no synthetic shopper")
    for table in ("saved_search", "notice", "reaction", "forgotten"):
        connection.execute(f"delete from {table} where user_id = %s".encode(), [user_id])  # noqa: S608 (our own words)
    # The row stays: a version must never come twice.
    batch = PostgresBatch(connection, Spaces())
    stranger = Learned(user_id, no_evidence(DIM, DAWN), NO_TRAIL)
    return batch.save([stranger])[user_id]
