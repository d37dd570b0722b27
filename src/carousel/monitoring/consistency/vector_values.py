"""Is every vector a vector: of the right length, finite, and long where it must be?

Owns:    the check ``vector-values``.
Imports: numpy, storage, domain, observability, monitoring.

Every row is read, so many in a run; tables that have more are gone through in turns. What is known
to be broken stays known until the row is read again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from carousel.domain.car_features import DIM
from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.reach import Reach
from carousel.monitoring.series import Series
from carousel.monitoring.threads import InThread
from carousel.observability.logs import name_for
from carousel.observability.metrics import VECTORS_BROKEN
from carousel.storage import open_watching_vectors
from carousel.storage.ports.watching import Lot, WatchingVectors

AT_ONCE = 5_000  # rows in memory
MOST = 50_000  # rows of a kind in a run
STATEMENT_SECONDS = 10.0
SOME = 5

AS_KEPT, AS_SENT = np.dtype("<f8"), np.dtype(">f4")
SENT_HEAD = 4  # bytes before the numbers of a vector as pgvector sends it

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of vector.

    columns: how the numbers of each are written.
    length:  of each, in numbers; None where the model says, and most rows tell.
    unit:    how far the length of the first may be from one; None where it may be any.
    shopper: whether rows are of shoppers.
    """

    columns: Sequence[np.dtype[np.float64] | np.dtype[np.float32]]
    length: int | None = DIM
    unit: float | None = None
    shopper: bool = False


KINDS: Mapping[str, Kind] = {
    "listing": Kind((AS_KEPT,), unit=1e-6),
    "inventory": Kind((AS_SENT,), unit=1e-3),
    "shopper": Kind((AS_KEPT,), shopper=True),
    "listing_latent": Kind((AS_KEPT, AS_KEPT, AS_SENT), length=None),
    "shopper_latent": Kind((AS_KEPT, AS_KEPT), length=None, shopper=True),
}


@dataclass(slots=True)
class Turn:
    """How far a kind has been gone through, and which rows are known to be broken."""

    after: int = 0
    broken: set[int] = field(default_factory=set)


def vector_values(reach: Reach) -> Check:
    """Return the check that every vector is one."""
    turns = {of: Turn() for of in KINDS}
    told = Series(VECTORS_BROKEN)

    def ask() -> Finding:
        read: dict[str, int] = {}
        for of, turn in turns.items():
            # A look of its own for each, so that none is long: a re-index waits for it to end.
            with open_watching_vectors(reach.database_url, STATEMENT_SECONDS) as look:
                read[of] = _go_through(look, of, turn)
        broken = {of: len(turn.broken) for of, turn in turns.items()}
        told.tell(broken)
        evidence: Evidence = {
            **{f"{of}, read": rows for of, rows in read.items()},
            **{f"{of}, broken": count for of, count in broken.items() if count},
            **{
                f"{of}, of these": _named(of, sorted(turn.broken)[:SOME])
                for of, turn in turns.items()
                if turn.broken
            },
        }
        if any(broken.values()):
            listed = ", ".join(f"{count:,} of {of}" for of, count in broken.items() if count)
            sentence = f"Vectors are broken: {listed}."
            return Finding(held=False, sentence=sentence, evidence=evidence)
        sentence = f"All {sum(read.values()):,} rows that were read hold finite vectors."
        return Finding(held=True, sentence=sentence, evidence=evidence)

    promise = "Every vector is finite, of the right length, and not zero where it must not be."
    return Check("vector-values", Family.CONSISTENCY, promise, 15.0, 45.0, InThread(ask))


def _go_through(look: WatchingVectors, of: str, turn: Turn) -> int:
    """Look at the next rows of a kind, from the beginning again after the last; return how many."""
    read = 0
    while read < MOST:
        lot = look.lot(of, turn.after, AT_ONCE)
        ended = len(lot.ids) < AT_ONCE
        last = None if ended else lot.ids[-1]
        turn.broken = {
            one for one in turn.broken if one <= turn.after or (last is not None and one > last)
        }
        turn.broken.update(np.array(lot.ids, dtype=np.int64)[broken_rows(lot, KINDS[of])].tolist())
        read += len(lot.ids)
        turn.after = last or 0
        if ended:
            break
    return read


def broken_rows(lot: Lot, kind: Kind) -> Flags:
    """Return which rows are broken, shape (n,)."""
    broken: Flags = np.zeros(len(lot.ids), dtype=np.bool_)
    broken[~np.isfinite(np.array(lot.masses, dtype=np.float64))] = True
    length = kind.length or _length(lot, kind)
    for place, (column, written) in enumerate(zip(lot.columns, kind.columns, strict=False)):
        head = SENT_HEAD if written is AS_SENT else 0
        size = head + length * written.itemsize
        there = np.array([one is not None for one in column], dtype=np.bool_)
        fits = np.array([one is not None and len(one) == size for one in column], dtype=np.bool_)
        broken[there & ~fits] = True
        numbers = _numbers(column, fits, written, head)
        finite: Flags = np.asarray(np.isfinite(numbers).all(axis=1), dtype=np.bool_)
        wrong: Flags = np.logical_not(finite)
        if kind.unit is not None and not place:
            lengths = np.linalg.norm(np.where(finite[:, None], numbers, 0.0), axis=1)
            wrong |= np.abs(lengths - 1.0) > kind.unit
        broken[np.flatnonzero(fits)[wrong]] = True
    return broken


def _length(lot: Lot, kind: Kind) -> int:
    """Return how many numbers the first vector of most rows has."""
    sizes = Counter(len(one) for column in lot.columns[:1] for one in column if one is not None)
    return sizes.most_common(1)[0][0] // kind.columns[0].itemsize if sizes else 0


def _numbers(
    column: Sequence[bytes | None],
    fits: Flags,
    written: np.dtype[np.float64] | np.dtype[np.float32],
    head: int,
) -> npt.NDArray[np.float64]:
    """Return the vectors that fit as rows."""
    rows = [one[head:] for one, well in zip(column, fits, strict=True) if well and one is not None]
    if not rows:
        return np.empty((0, 1))
    with np.errstate(invalid="ignore"):  # a NaN that signals is one of those that are looked for
        numbers = np.frombuffer(b"".join(rows), written).astype(np.float64)
    return numbers.reshape(len(rows), -1)


def _named(of: str, ids: Sequence[int]) -> list[str]:
    """Return ids of listings as they are, and pseudonyms of shoppers."""
    return [name_for(one) if KINDS[of].shopper else str(one) for one in ids]
