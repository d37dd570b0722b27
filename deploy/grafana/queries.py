"""Shapes of queries that many panels share.

Owns:    rates, percentiles, shares, zeros.
Imports: the standard library.

``$__rate_interval`` is Grafana's: as short as the panel's resolution and the scrapes allow.
"""

from deploy.grafana.panels import Query

RATE = "[$__rate_interval]"


def rate(metric: str, by: str = "", where: str = "") -> str:
    """Return how much of a counter comes a second, summed but for the labels ``by``."""
    return f"sum{_by(by)} (rate({metric}{_where(where)}{RATE}))"


def or_zero(query: str) -> str:
    """Return a query that answers 0 where nothing has ever been counted."""
    return f"{query} or on () vector(0)"


def percentiles(histogram: str, *ranks: float, where: str = "") -> list[Query]:
    """Return one query a rank; 0.95 is the value that 95 of 100 do not pass."""
    return [
        Query(percentile(histogram, rank, where=where), f"{rank * 100:g} of 100") for rank in ranks
    ]


def percentile(histogram: str, rank: float, by: str = "", where: str = "") -> str:
    """Return the value that a share of all does not pass, apart for the labels ``by``."""
    labels = ", ".join(filter(None, ["le", by]))
    return (
        f"histogram_quantile({rank:g}, sum by ({labels}) "
        f"(rate({histogram}_bucket{_where(where)}{RATE})))"
    )


def mean(histogram: str, by: str = "") -> str:
    """Return the mean of what a histogram saw."""
    return f"{rate(histogram + '_sum', by)} / ({rate(histogram + '_count', by)} > 0)"


def share(part: str, whole: str) -> str:
    """Return a part of a whole; nothing where the whole is zero."""
    return f"{part} / on () group_left () ({whole} > 0)"


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""


def _where(conditions: str) -> str:
    return f"{{{conditions}}}" if conditions else ""
