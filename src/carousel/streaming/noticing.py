"""The process that writes notices: one batch of occasions after the other, until it is stopped.

Owns:    looking for occasions, waiting for servers that are away, throwing old notices away.
Imports: storage (its doors), domain.errors, streaming.{occasions, runner}.

Occasions are taken away in the transaction that writes the notices: killed anywhere, the process
starts again with those that are left, and nothing is told twice or lost. A lock of the database
lets one process at a time do so. The nudge goes out afterwards; its loss is harmless.
"""

import logging
import time
from datetime import UTC, datetime, timedelta
from threading import Event as Flag

from carousel.domain.errors import ConfigurationError, LogUnavailableError, StoreUnavailableError
from carousel.storage import open_noticing, open_nudges
from carousel.streaming.figures import goes_on, looked, missed, waits
from carousel.streaming.occasions import Rules, deal
from carousel.streaming.runner import RECONNECT_SECONDS, told_to_stop

LOOK_SECONDS = 0.2
TIDY_SECONDS = 3_600.0
KEPT = timedelta(days=60)

logger = logging.getLogger(__name__)


def run_noticing(database_url: str, log_url: str) -> None:
    """Write notices until SIGTERM or SIGINT; call it from the main thread.

    Servers that are away are waited for, at the start as later.
    """
    with told_to_stop() as stop:
        notice(database_url, log_url, stop)


def notice(database_url: str, log_url: str, stop: Flag) -> None:
    """Do the same until ``stop`` is set."""
    rules, tidy_at = Rules(), time.monotonic()
    while not stop.is_set():
        try:
            with open_noticing(database_url) as store, open_nudges(log_url) as nudges:
                while not stop.is_set():
                    now, begun = datetime.now(UTC), time.monotonic()
                    some = store.waiting()
                    goes_on()
                    looked()
                    if some:
                        unseen = deal(store, now, rules)
                        try:
                            nudges.tell_notices(unseen)
                        except LogUnavailableError as error:
                            missed(error)
                            logger.info("%s", error)
                    elif begun >= tidy_at:
                        store.forget(now - KEPT)
                        tidy_at = begun + TIDY_SECONDS
                    # Half of one core at most: others need it more.
                    stop.wait(max(LOOK_SECONDS, time.monotonic() - begun))
        except (ConfigurationError, LogUnavailableError, StoreUnavailableError) as error:
            waits(error)
            logger.warning("%s Trying again.", error)
            stop.wait(RECONNECT_SECONDS)
