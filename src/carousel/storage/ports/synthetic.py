"""Synthetic shoppers: the monitor's own accounts, whose acts count for nobody and nothing else.

Owns:    the role, what the monitor may ask about them.
Imports: domain.
"""

from typing import Protocol

from carousel.domain.listing import UserId

SYNTHETIC = "synthetic"
"""The role of such an account."""


class Synthetic(Protocol):
    """Synthetic shoppers are made and made strangers again. Sync; each call is one transaction."""

    def ensure_synthetic(self, email: str) -> UserId:
        """Return the synthetic shopper of this e-mail; make one where there is no account.

        Raises:
            ConfigurationError: the account is a person's.
        """
        ...

    def forget_synthetic(self, user_id: UserId) -> int:
        """Make a synthetic shopper a stranger again; return the new version of their state.

        The version grows and never comes twice, so no finished list of before is shown again. What
        still waits in the log is applied to the stranger.

        Raises:
            ValueError: the user is no synthetic shopper; nothing was done.
        """
        ...
