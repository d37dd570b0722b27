"""A ranker to start with: what can be known before a marketplace has shown its first list.

Owns:    the training of the starter from several recordings, all of them of other marketplaces.
Imports: numpy, domain, recording, training.ranking.

What differs from market to market is left out: its statistics by kind, its fair prices. What is
left is how people weigh what they searched for, where they live and what they looked at. A linear
ranker says that well, and it is small enough to come with the program.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from carousel.domain.facts import BODIES
from carousel.domain.market import BANDS, Market
from carousel.domain.matching.features import COLUMN
from carousel.domain.ranker.ranking import Ranker
from carousel.recording.tables import Recording
from carousel.training.contacts import contacts_of
from carousel.training.ranking import DEFAULTS, Taught, fitted, for_strangers, taught_by
from carousel.training.ranking_rows import Rows

UNTOLD = ("segment", "model", "deal", "latent")
"""Features that nothing is known of in a new market."""

SLOPES = 5
"""Of the fair price, see ``domain.market``."""


def nothing_known() -> Market:
    """Return the market of which nothing is known: whatever it is asked, it answers NaN."""
    nobody = np.array([np.iinfo(np.uint32).max], dtype=np.uint32)
    return Market(
        segments=np.full((len(BODIES) + 1, BANDS), np.nan),
        model_codes=nobody,
        models=np.full(1, np.nan),
        prices=np.full(SLOPES + 2, np.nan),
    )


def train_starter(recordings: Iterable[Recording]) -> Ranker:
    """Return the ranker of what recordings have in common.

    Raises:
        ModelError: too little was shown in one of them, or nothing opened.
    """
    training = replace(DEFAULTS, trees=None)
    taught = _joined([taught_by(one, one.ends, training)[0] for one in recordings])
    taught.rows.features[:, [COLUMN[name] for name in UNTOLD]] = np.nan
    floor, _ = fitted(taught, training)
    called, _ = contacts_of(taught.rows, 10 * training.firm)
    return Ranker(floor, None, nothing_known(), for_strangers(taught, training), called)


def _joined(lessons: list[Taught]) -> Taught:
    """Return several lessons as one; the place on a page counts as on the mean of them."""
    first, names = 0, Rows.__dataclass_fields__
    columns: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in names}
    for lesson in lessons:
        for name in names:
            column = getattr(lesson.rows, name)
            columns[name].append(column + first if name == "slate" else column)
        first += int(lesson.rows.slate.max(initial=0)) + 1
    return Taught(
        Rows(*(np.concatenate(columns[name]) for name in names)),
        np.concatenate([lesson.weights for lesson in lessons]),
        float(np.mean([lesson.decay for lesson in lessons])),
    )
