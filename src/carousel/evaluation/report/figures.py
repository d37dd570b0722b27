"""Numbers as people read them: as many digits as a column needs, a dash for what is missing.

Owns:    decimals, intervals, probabilities and times as text.
Imports: evaluation.results.
"""

import math
from collections.abc import Iterable, Sequence

from carousel.evaluation.results import Estimate

MISSING = "\u2013"
"""An en dash, stands where nothing could be measured."""

MINUS = "\u2212"
"""As wide as a plus, so that columns line up."""

LIMITS = ((100.0, 0), (10.0, 1), (2.0, 2), (0.1, 3))
"""From a largest value upward a column needs so many decimals; below the last, four."""

SMALLEST_P = 0.001

DAY = 24
"""Hours from which a time is told in days."""


def decimals(estimates: Iterable[Estimate]) -> int:
    """Return how many decimals a column of estimates is shown with, by its largest mean.

    >>> decimals([Estimate(0.024, 0.02, 0.03, 9), Estimate(0.031, 0.02, 0.04, 9)])
    4
    >>> decimals([Estimate(152.0, 140.0, 160.0, 9)])
    0
    """
    largest = max((abs(one.mean) for one in estimates if math.isfinite(one.mean)), default=0.0)
    return next((places for limit, places in LIMITS if largest >= limit), 4)


def number(value: float, places: int) -> str:
    """Return a number with thousands set apart.

    >>> number(12345.6, 0), number(float("nan"), 2) == MISSING
    ('12,346', True)
    """
    if not math.isfinite(value):
        return MISSING
    text = f"{value:,.{places}f}"
    return f"{MINUS}{text[1:]}" if text.startswith("-") else text


def spread(estimate: Estimate, places: int) -> str:
    """Return half the width of an interval, as what follows a mean; nothing without an interval.

    >>> spread(Estimate(0.5, 0.4, 0.6, 9), 2)
    '±0.10'
    """
    half = (estimate.high - estimate.low) / 2
    return f"±{half:.{places}f}" if math.isfinite(half) and math.isfinite(estimate.mean) else ""


def interval(estimate: Estimate, places: int) -> str:
    """Return an interval in words.

    >>> interval(Estimate(0.5, 0.4, 0.6, 9), 2)
    '0.40 to 0.60'
    """
    return f"{number(estimate.low, places)} to {number(estimate.high, places)}"


def probability(p: float) -> str:
    """Return a p value.

    >>> probability(0.0002), probability(0.037)
    ('< 0.001', '0.037')
    """
    if not math.isfinite(p):
        return MISSING
    return f"< {SMALLEST_P}" if p < SMALLEST_P else f"{p:.3f}"


def duration(seconds: float) -> str:
    """Return a time a person can weigh.

    >>> duration(0.34), duration(48.2), duration(185.0), duration(7320.0)
    ('0.3 s', '48 s', '3 min 5 s', '2 h 2 min')
    """
    if not math.isfinite(seconds):
        return MISSING
    if seconds < 9.5:  # noqa: PLR2004 (below it a tenth still says something)
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def spans(hours: Sequence[float]) -> list[str]:
    """Return spans of time by the hours at which each begins; the last has no end.

    >>> spans([0.0, 6.0, 24.0, 72.0])
    ['0-6 h', '6-24 h', '1-3 d', '>3 d']
    """
    shown = [(low, 1, "h") if low < DAY else (low, DAY, "d") for low in hours]
    words = [
        f"{low / by:g}-{high / by:g} {unit}"
        for (low, by, unit), high in zip(shown, hours[1:], strict=False)
    ]
    return [*words, *(f">{low / by:g} {unit}" for low, by, unit in shown[-1:])]


def inside(label: str) -> str:
    """Return a label as it stands inside a sentence; abbreviations keep their capitals.

    >>> inside("Share of the best"), inside("NDCG@10")
    ('share of the best', 'NDCG@10')
    """
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
