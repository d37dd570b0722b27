"""A real trainer, as small as one can be: how often each car was looked at.

Owns:    ``train``, ``again`` and the trainers made of them.
"""

import numpy as np

from carousel.domain.errors import ModelError
from carousel.domain.model import Model
from carousel.recording.tables import EVENT_TYPES
from carousel.training.trainers import Comparison, Trainer
from carousel.training.worth import as_figures, of_mean

VIEW = EVENT_TYPES.index("view")
TOP = 50


def views(recording, since, until):
    """Return the rows of the listings that were looked at between two moments."""
    events = recording.events
    return events.listing[(events.type == VIEW) & (events.at >= since) & (events.at < until)]


def counted(recording, rows, until):
    counts = np.bincount(rows, minlength=len(recording.listings)).astype(np.float32)
    ids = np.array([listing.id for listing in recording.listings])
    return Model("graph", {"until": until}, {"listings": ids, "counts": counts}, {})


def held_out(recording, until):
    """Return when the last quarter begins."""
    return recording.begins + 0.75 * (until - recording.begins)


def figures(model, recording, until):
    """Return the share of later looks that went to the most looked at, against any as many."""
    later = views(recording, held_out(recording, until), until)
    top = np.argsort(-model.arrays["counts"], kind="stable")[:TOP]
    hits = np.isin(later, top).astype(float)
    return {**as_figures(of_mean(hits, TOP / len(recording.listings))), "hits": hits.sum()}


def train(recording, until, rng):
    del rng
    everything = views(recording, 0, until)
    if not len(everything):
        raise ModelError("Nobody has looked at any car yet.")
    early = counted(recording, views(recording, 0, held_out(recording, until)), until)
    late = counted(recording, everything, until)
    return Model(late.kind, late.document, late.arrays, figures(early, recording, until))


def faults(model):
    counts = model.arrays.get("counts")
    if counts is None or counts.dtype != np.float32:
        return ["There are no counts, or not as float32."]
    if counts.shape != model.arrays["listings"].shape:
        return [f"There are {len(model.arrays['listings'])} listings and {len(counts)} counts."]
    return []


def again(model, recording, until, rng):
    del rng
    return figures(model, recording, until)


POPULAR = Trainer({"numpy": train}, faults)
COMPARED = Trainer({"numpy": train}, faults, Comparison(held_out, again))
