"""The factors of a market by Apache Spark's ALS: for more pairs than one machine should hold.

Owns:    how our parameters become Spark's, and what comes back.
Imports: pyspark (where used: it comes with the extra ``spark``), numpy, domain, recording.pairs,
         training.{factors, spark_session}.

Given item factors v, our row u solves, divided by the weight of an unobserved pair, u0
(domain/factors.py), and Spark's row solves

    ours   (V^T V + sum (w / u0) v v^T + l_u / u0) x       = sum (w / u0) v
    Spark  (V^T V + sum alpha r v v^T + regParam n_u) x    = sum (1 + alpha r) v

n_u is the number of its pairs. So these are the same:

    rank = factors     maxIter = sweeps     r = w     alpha = 1 / u0     both in single precision

and these are not:

    regularisation  grows with n_u in Spark, with (w_u + u0 * items) ** frequency here. regParam is
                    chosen so that all rows together, of both sides, are held back as much.
    right side      1 more in Spark: an observed pair of weight w is drawn to 1 + u0 / w, not to 1.
                    With the defaults and a fresh view that is 1.004.
    start           Spark's own: normal, length 1, from the seed. Ours is short, and its other side
                    is solved once more.

Source:  Hu, Koren & Volinsky, ICDM 2008, as in org.apache.spark.ml.recommendation.ALS.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from carousel.domain.errors import ModelError
from carousel.domain.factors import FactorParams, Sparse
from carousel.domain.features import Matrix
from carousel.recording.pairs import read_factors, write_pairs
from carousel.training.factors import FactorTraining, ItemFactors
from carousel.training.spark_session import HERE, Cluster, Session, reason

SWEEPS_BETWEEN = 3
"""After so many sweeps the factors are written down: Spark forgets how it came by them, which it
would otherwise carry along as a chain of calls ever deeper than Java's stack.
"""


def regularisation(observed: Sparse, params: FactorParams) -> float:
    """Return Spark's regParam: per pair, and per unit of an unobserved pair's weight.

    Both sides count, but only rows that have any pair.

    >>> one = Sparse(np.array([0, 1]), np.array([0]), np.array([3.0]), 1)
    >>> regularisation(one, FactorParams(unobserved=0.5, regularisation=0.5, frequency=1.0))
    3.5
    """
    total = 0.0
    for side in (observed, observed.transposed()):
        sums = side.sums()[side.lengths > 0]
        total += float(np.sum((sums + params.unobserved * side.columns) ** params.frequency))
    return params.regularisation * total / (2 * len(observed.data) * params.unobserved)


def item_factors_by(session: Session, cluster: Cluster = HERE) -> ItemFactors:
    """Return the factorisation as Spark does it.

    It raises ``ModelError`` when Spark breaks off, or when its files are not seen everywhere.
    """

    def item_factors(observed: Sparse, params: FactorTraining) -> Matrix:
        if params.als.unobserved <= 0:
            raise ModelError("Spark cannot leave unobserved pairs out; give them a weight.")
        with TemporaryDirectory(prefix="carousel-pairs-", dir=cluster.directory) as scratch:
            return _factorised(session, Path(scratch), observed, params)

    return item_factors


def _factorised(
    session: Session, scratch: Path, observed: Sparse, params: FactorTraining
) -> Matrix:
    from py4j.protocol import Py4JError  # noqa: PLC0415 (comes with an extra)
    from pyspark.errors import PySparkException  # noqa: PLC0415
    from pyspark.ml.recommendation import ALS  # noqa: PLC0415

    pairs, factors, between = (scratch / name for name in ("pairs.parquet", "factors", "between"))
    write_pairs(pairs, observed)
    try:
        session.sparkContext.setCheckpointDir(between.as_uri())
        blocks = session.sparkContext.defaultParallelism
        als = ALS(
            rank=params.factors,
            maxIter=params.als.sweeps,
            regParam=regularisation(observed, params.als),
            alpha=1.0 / params.als.unobserved,
            implicitPrefs=True,
            numUserBlocks=blocks,
            numItemBlocks=blocks,
            checkpointInterval=SWEEPS_BETWEEN,
            seed=params.seed,
            userCol="row",
            itemCol="column",
            ratingCol="weight",
        )
        model = als.fit(session.read.parquet(pairs.as_uri()))
        model.itemFactors.write.parquet(factors.as_uri())
    except (PySparkException, Py4JError, OSError) as error:
        raise ModelError(
            f"Spark broke off while factorising: {reason(str(error)) or type(error).__name__}."
        ) from error
    listings, known = read_factors(factors, params.factors)
    wanted = len(np.unique(observed.indices))
    if len(listings) != wanted:
        raise ModelError(
            f"Spark wrote factors of {len(listings):,} listings where {wanted:,} were expected; "
            f"--spark-directory must name a directory that all of its workers share."
        )
    found = np.zeros((observed.columns, params.factors))
    found[listings] = known
    return found
