"""Sums that decay, as rows: the formula of ``domain.popularity`` and ``domain.audience`` in SQL.

Owns:    what is left of one row's count beside another's, their sum.

The database adds, so that nobody reads a row first and holds a lock on it until it is written.
"""

MOST_HALF_LIVES = 60
NEXT_TO_NOTHING = 1e-12


def summed(count: str, seconds: str, half_life: str) -> str:
    """Return the sum of a count of the rows ``kept`` and ``excluded``, at the later one's moment.

    PostgreSQL refuses to reckon with what is too small for a float. So what is next to nothing is
    nothing, and nothing grows older than 60 half-lives at once.

    Args:
        count: name of the column.
        seconds: how many seconds later ``{later}`` is than ``{earlier}``, two rows.
        half_life: in seconds.

    >>> summed("score", "{later}.at - {earlier}.at", "7.0")[:45]
    'case when abs(kept.score) < 1e-12 then 0 else'
    """
    return " + ".join(
        f"case when abs({row}.{count}) < {NEXT_TO_NOTHING} then 0 else {row}.{count} * 2 ^ "
        f"-least(greatest({seconds.format(later=other, earlier=row)}, 0) / {half_life}, "
        f"{MOST_HALF_LIVES}) end"
        for row, other in (("kept", "excluded"), ("excluded", "kept"))
    )
