"""Whether Spark and numpy learn the same factors, what each takes, and how much chance moves them.

Run:  .venv/bin/python -m benchmarks.spark_agreement RECORDING [--spark-memory 2g]

A recording (docs/recording.md) is learned from with each engine, and with numpy a second time from
another seed: so far apart are two models that differ by chance alone. The figures are those that
``carousel train`` publishes, on held-out days. Each run has a process of its own; the memory of
Spark's Java stands beside that of Python.
"""

import argparse
import json
import math
import multiprocessing
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix, Vector
from carousel.domain.latent import Latent
from carousel.recording.files import read
from carousel.recording.tables import Recording
from carousel.training.factors import FactorTraining, item_factors_here, latent_before
from carousel.training.graph_worth import held_out_since
from carousel.training.holdout import ByLatent, days, measured
from carousel.training.reactions import DAY_SECONDS, reactions_until
from carousel.training.spark import item_factors_by
from carousel.training.spark_session import Cluster, session
from carousel.training.worth import SURE

SHOPPERS = 500
"""Whose orders are compared."""


@dataclass(frozen=True)
class Run:
    """One training until the held-out days begin.

    seconds:      from start to end. busy: of processors, of Python and Java together.
    python, java: largest memory, MB.
    """

    name: str
    latent: Latent
    seconds: float
    busy: float
    python: float
    java: float


def run(name: str, directory: Path, seed: int, cluster: Cluster | None) -> Run:
    recording = read(directory)
    until, params = held_out_since(recording, recording.ends), FactorTraining(seed=seed)
    begun, busy_before = time.perf_counter(), time.process_time()
    if cluster is None:
        latent = latent_before(recording, until, params, item_factors_here)
    else:
        with session(cluster) as spark:
            latent = latent_before(recording, until, params, item_factors_by(spark, cluster))
    took = time.perf_counter() - begun
    python, java = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    busy = python.ru_utime + python.ru_stime + java.ru_utime + java.ru_stime - busy_before
    return Run(name, latent, took, busy, python.ru_maxrss / 1024, java.ru_maxrss / 1024)


def orders(recording: Recording, latent: Latent, since: float, shoppers: Ints) -> Matrix:
    """Return how well the listings alive at a moment suit shoppers, shape (shoppers, listings)."""
    ranking = ByLatent(recording, latent)
    for begins, day in days(reactions_until(recording, since)):
        ranking.hear(day, begins + DAY_SECONDS)
    lives = recording.lives
    alive = np.flatnonzero((lives.listed_at <= since) & (lives.left_at > since))
    return ranking.scores(shoppers, alive)


def known_shoppers(recording: Recording, since: float, most: int = SHOPPERS) -> Ints:
    """Return shoppers who reacted to something before a moment, drawn evenly."""
    found = np.unique(reactions_until(recording, since).shopper)
    places = np.linspace(0, len(found) - 1, min(most, len(found)))
    return np.asarray(found[places.astype(np.int64)], np.int64)


def rank_correlations(one: Matrix, other: Matrix) -> Vector:
    """Return Spearman's rank correlation of each row, shape (rows,).

    >>> rank_correlations(np.array([[1.0, 2.0, 3.0]]), np.array([[3.0, 20.0, 100.0]])).round(6)
    array([1.])
    """
    centred = [np.argsort(np.argsort(rows, axis=1), axis=1) for rows in (one, other)]
    centred = [rows - rows.mean(axis=1, keepdims=True) for rows in centred]
    lengths = [np.linalg.norm(rows, axis=1) for rows in centred]
    return np.asarray(np.sum(centred[0] * centred[1], axis=1) / (lengths[0] * lengths[1]))


def mean_of(values: Vector) -> str:
    """Return a mean with its 95 % interval."""
    mean = float(values.mean())
    spread = SURE * float(values.std(ddof=1)) / math.sqrt(len(values))
    return f"{mean:.4f} ({mean - spread:.4f} to {mean + spread:.4f})"


def report(recording: Recording, runs: Sequence[Run]) -> list[dict[str, object]]:
    since = held_out_since(recording, recording.ends)
    rankings = {one.name: ByLatent(recording, one.latent) for one in runs}
    worth = measured(recording, rankings, since, recording.ends)
    shoppers = known_shoppers(recording, since)
    scores = {one.name: orders(recording, one.latent, since, shoppers) for one in runs}
    first = runs[0].name
    return [
        {
            "engine": one.name,
            "NDCG@10": mean_of(worth[one.name][:, 0]),
            "recall@20": mean_of(worth[one.name][:, 1]),
            f"NDCG@10 less that of {first}": mean_of(worth[one.name][:, 0] - worth[first][:, 0]),
            f"rank correlation with {first}": round(
                float(np.median(rank_correlations(scores[one.name], scores[first]))), 4
            ),
            "cases": len(worth[one.name]),
            "seconds": round(one.seconds, 1),
            "processor seconds": round(one.busy, 1),
            "Python, MB": round(one.python),
            "Java, MB": round(one.java),
        }
        for one in runs
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recording", type=Path)
    parser.add_argument("--spark-master", default="local[*]")
    parser.add_argument("--spark-memory", default="2g")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    asked = parser.parse_args()
    cluster = Cluster(asked.spark_master, asked.spark_memory)
    wanted = (
        ("numpy", asked.recording, 0, None),
        ("numpy, another seed", asked.recording, 1, None),
        ("spark", asked.recording, 0, cluster),
    )
    runs = []
    for one in wanted:
        with multiprocessing.get_context("spawn").Pool(1) as alone:
            runs.append(alone.apply(run, one))
    lines = report(read(asked.recording), runs)
    for line in lines:
        if asked.json:
            print(json.dumps(line))
        else:
            print(*(f"{name:36} {value}" for name, value in line.items()), "", sep="\n")


if __name__ == "__main__":
    main()
