"""Nudges about notices: who has how many that they have not seen.

Owns:    sending on the channel ``carousel:notices``.
Imports: valkey, storage.engines.valkey_log, domain.

The form is that of the other channel: pairs of numbers with a colon, with blanks between them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from carousel.domain.listing import UserId
from carousel.storage.engines.valkey_log import NOTICES_CHANNEL, Client, connect, unavailable


@contextmanager
def open_nudges(log_url: str) -> Iterator["ValkeyNudges"]:
    """Open the way to whoever listens; need not find the server at home.

    Raises:
        ConfigurationError: the URL is of another kind.
    """
    client = connect(log_url)
    try:
        yield ValkeyNudges(client)
    finally:
        client.close()


class ValkeyNudges:
    """Tells whoever listens at this moment; for one thread."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def tell_notices(self, unseen: Mapping[UserId, int]) -> None:
        """Tell how many notices each of the users has not seen.

        Raises:
            LogUnavailableError: nobody was told.
        """
        if unseen:
            with unavailable("sending nudges"):
                message = " ".join(f"{user_id}:{count}" for user_id, count in unseen.items())
                self._client.publish(NOTICES_CHANNEL, message)
