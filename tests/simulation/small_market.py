"""A small market to try preferences on: sixty days, and the cars for sale when they begin."""

from datetime import UTC, datetime

from carousel.simulation.arrivals import draw_stock
from carousel.simulation.parameters import read_parameters

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BEGINS = BEGIN.timestamp()
ENDS = BEGINS + 60 * 86_400.0
PARAMETERS = read_parameters()


def small_stock(count, seed=1):
    """About so many cars."""
    return draw_stock(PARAMETERS, listings=count, seed=seed, begins=BEGIN, days=1)
