"""What makes a simulated shopper want a car: models built differently, to be exchanged at will.

Owns:    the preference models and their names.
Imports: domain, simulation, numpy.

An engine that does well under one model only has learnt that model, not shoppers.
"""

from carousel.domain.errors import ConfigurationError
from carousel.simulation.desire import Desire
from carousel.simulation.parameters import Parameters
from carousel.simulation.preferences.additive import AdditiveDesire
from carousel.simulation.preferences.aspects import AspectsDesire
from carousel.simulation.preferences.null import NullDesire
from carousel.simulation.stock import Stock

__all__ = ["PREFERENCES", "AdditiveDesire", "AspectsDesire", "NullDesire", "desire_of"]

PREFERENCES = ("additive", "aspects", "null")
"""The names of the models."""


def desire_of(preferences: str, stock: Stock, parameters: Parameters, hidden: float) -> Desire:
    """Return the named preference model over a stock.

    Args:
        preferences: one of PREFERENCES.
        stock: every car it will be asked about.
        parameters: each model reads the table of its own name.
        hidden: at least 0, how much a car's look counts that no field of the advert says: the
            standard deviation of its term, in log-odds. The null model ignores it.

    Raises:
        ConfigurationError: there is no such model, or ``hidden`` is negative or no number.
    """
    if not 0 <= hidden < float("inf"):
        raise ConfigurationError(f"The weight of hidden taste must be at least 0, not {hidden}.")
    if preferences == "additive":
        return AdditiveDesire(stock, parameters, hidden)
    if preferences == "aspects":
        return AspectsDesire(stock, parameters, hidden)
    if preferences == "null":
        return NullDesire(parameters)
    raise ConfigurationError(
        f"There is no preference model {preferences!r}; there are {', '.join(PREFERENCES)}."
    )
