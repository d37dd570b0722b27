"""The account of the synthetic shopper: made when it is missing, a stranger before each journey.

Owns:    who the journey is made as.
Imports: storage (the door and port).
"""

from dataclasses import dataclass, field

from carousel.domain.listing import UserId
from carousel.storage import open_synthetic


@dataclass(frozen=True, slots=True)
class SyntheticShopper:
    """The monitor's own account. Everything here blocks, for a few hundredths of a second.

    Raises:
        StoreUnavailableError: the database did not answer.
        ConfigurationError: the account is a person's.
    """

    database_url: str = field(repr=False)
    email: str

    def known(self) -> UserId:
        """Return its id; the account is made where there is none."""
        with open_synthetic(self.database_url) as synthetic:
            return synthetic.ensure_synthetic(self.email)

    def forget(self) -> int:
        """Make it a stranger; return the version of its list from now on."""
        with open_synthetic(self.database_url) as synthetic:
            return synthetic.forget_synthetic(synthetic.ensure_synthetic(self.email))
