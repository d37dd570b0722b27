"""What a replay leaves behind: every slate of every method, and what the truth says of them.

Owns:    the record between playing and measuring.
Imports: numpy, domain.errors, evaluation.{exposure,visits}, recording.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from carousel.domain.errors import CarouselError
from carousel.evaluation.exposure import Bucket
from carousel.evaluation.visits import Moments
from carousel.recording.tables import Floats, Ints, Recording

Rows: TypeAlias = NDArray[np.int32]
Singles: TypeAlias = NDArray[np.float32]

TRUTH_PLACES = 10
"""Regret is measured on so many first places of a slate."""


class MisbehavingMethodError(CarouselError):
    """A method answered with something that is no slate, or not as many scores as asked for."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a replay may be told.

    limit:   places of a slate, at least 20.
    pause:   seconds without activity after which a shopper's next activity is a test moment.
    horizon: seconds within which the next contact, favourite or view counts as the target.
    day:     seconds within which all views count for the recall of views.
    moments, slates: test moments and random slates asked at most, drawn evenly; None asks all.
    seed:    of these draws.
    """

    limit: int = 20
    pause: float = 8 * 3_600.0
    horizon: float = 7 * 86_400.0
    day: float = 86_400.0
    moments: int | None = None
    slates: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Best:
    """The largest sums of true chances that TRUTH_PLACES cars alive could have, by test moment."""

    open: Floats
    contact: Floats


@dataclass(frozen=True, slots=True)
class Run:
    """One method's answers.

    rows:     slates by test moment, best first, NONE where shorter, shape (moments, limit).
    scores:   the method's own, NaN where shorter, same shape.
    open, contact: true chances of the cars, 0 for one not for sale, NaN where there is no car or
              no truth, shape (moments, TRUTH_PLACES).
    by_slate: scores of the random impressions, each slate in one ask, shape (n,).
    by_visit: the same, each visit in one ask as it begins; NaN where not asked, shape (n,).
    percentile: of an opened one, the share of all cars for sale under the filters then in force
              that score below it; NaN where unopened, shape (n,).
    in_top:   whether the impression's car is among the method's first ten under the filters then
              in force, shape (n,).
    seconds:  wall time it took, learning and ranking.
    """

    name: str
    rows: Rows
    scores: Singles
    open: Floats
    contact: Floats
    by_slate: Floats
    by_visit: Floats
    percentile: Floats
    in_top: NDArray[np.bool_]
    seconds: float


@dataclass(frozen=True, slots=True)
class Played:
    """A recording, when it was asked what, and all answers.

    alive:  how many listings were for sale at each test moment.
    best:   None without a truth.
    counts: what was asked and every drop: text -> number.
    """

    recording: Recording
    split: float
    options: Options
    moments: Moments
    alive: Ints
    best: Best | None
    bucket: Bucket
    runs: tuple[Run, ...]
    counts: Mapping[str, int]
