"""How a new item gains as the first few react to it, on CiteULike-a.

Run:  .venv/bin/python -m benchmarks.few_shot [--data DIR] [--part valid|test] [--seed 0] [--json]

Of every article that nobody kept before and at least ten people turn out to keep, n of them, drawn
by chance, are told: their own histories get it, and it is pulled by their tastes. Then all of these
articles are ranked for everybody, and the reactions that were not told must be found.

The rows: attributes alone, weighed against what all have in common; factors from the reactions
alone; factors foretold from attributes and left there; foretold and moved as domain.latent moves
them; and the mixture of the last with the first. The pull's reach and patience come from the
validation part.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from carousel.domain.attributes import Attributes
from carousel.domain.factors import FactorParams, Ints, attribute_map, fold_in
from carousel.domain.features import Matrix
from carousel.domain.latent import Latent, Settings, unit_rows
from carousel.evaluation.public import citeulike
from carousel.evaluation.public.models import carousel_factors, carousel_hybrid
from carousel.evaluation.public.models.carousel_content import attributes_of, common_part
from carousel.evaluation.public.models.carousel_hybrid import standard
from carousel.evaluation.public.protocol import PLACES, measures, top
from carousel.evaluation.public.reactions import Csr, Task, sparse_of
from carousel.evaluation.public.reading import DATA

TOLD = (0, 1, 2, 4, 8)
LEAST = 10
SETTINGS = carousel_hybrid.SETTINGS["citeulike"]
ALS = FactorParams(SETTINGS["unobserved"], SETTINGS["regularisation"], 1.0, 16)
PULLS = tuple(
    Settings(reach=reach, patience=patience)
    for reach in (0.5, 1.0, 2.0, 4.0)
    for patience in (1.0, 3.0, 10.0)
)
PULL = Settings(reach=4.0, patience=3.0)
"""The best of PULLS on the validation part, by the mixture's mean over TOLD."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--part", choices=("valid", "test"), default="test")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


@dataclass(frozen=True, slots=True)
class Case:
    """What is known when n reactions to each new article are told.

    new:     the articles that are ranked. told, asked: users x new articles, as ones.
    history: users x all articles, with what was told.
    """

    new: Ints
    told: Csr
    asked: Csr
    history: Csr


def case_of(task: Task, targets: Csr, n: int, seed: int) -> Case:
    """Return the case of n reactions told."""
    often = np.diff(csr_matrix(targets.T).indptr) >= LEAST
    new = np.flatnonzero(often)
    wanted = csr_matrix(targets[:, new].T)
    dice = np.random.default_rng(seed)
    rows, columns = [], []
    for column in range(len(new)):
        users = dice.permutation(wanted.indices[wanted.indptr[column] : wanted.indptr[column + 1]])
        rows.append(users[:n])
        columns.append(np.full(min(n, len(users)), column))
    row, column = np.concatenate(rows), np.concatenate(columns)
    told = csr_matrix((np.ones(len(row)), (row, column)), shape=(targets.shape[0], len(new)))
    history = task.matrix.tolil()
    history[row, new[column]] = 1.0
    return Case(new, told, csr_matrix(targets[:, new] - told), csr_matrix(history))


def worth(case: Case, scores: Matrix, users: Ints) -> float:
    """Return the mean NDCG@10 of users with something to find."""
    liked, told = (matrix[users].toarray() > 0 for matrix in (case.asked, case.told))
    some = liked.any(axis=1)
    hidden = np.where(told[some], -np.inf, scores[some])
    best = top(hidden, PLACES)
    hits = np.take_along_axis(liked[some], best, axis=1)
    return float(measures(hits, liked[some].sum(axis=1))[:, 0].mean())


class Known:
    """What is learned once, before any new article is reacted to."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.found = carousel_factors.factors_of(task, SETTINGS)
        counts = np.bincount(task.told.item, minlength=task.matrix.shape[1]).astype(np.float64)
        warm = np.flatnonzero(counts)
        self.weighted = attributes_of(task).weighted
        by_attribute = attribute_map(
            sparse_of(self.weighted[warm]),
            self.found.items[warm],
            counts[warm],
            SETTINGS["map_ridge"],
        )
        raw = sparse_of(self.weighted).times(by_attribute)
        self.length = float(np.linalg.norm(raw[task.candidates], axis=1).mean())
        self.raw = raw / self.length
        self.tastes = unit_rows(self.found.users)
        self.users = np.flatnonzero(np.diff(task.matrix.indptr) > 0)

    def content(self, case: Case) -> Matrix:
        """Return scores by attributes."""
        alike = (self.weighted @ self.weighted[case.new].T).toarray()
        at = np.searchsorted(self.task.candidates, case.new)
        alike -= common_part(self.task, self.weighted, SETTINGS["ratio"])[:, at]
        return np.asarray(case.history[self.users] @ alike)

    def wishes(self, case: Case) -> Matrix:
        """Return users' factors, folded in anew; a new article counts as it was foretold."""
        items = self.found.items.copy()
        items[case.new] = unit_rows(self.raw[case.new]) * self.length
        return fold_in(sparse_of(case.history[self.users]), items, ALS)

    def moved(self, case: Case, settings: Settings) -> Matrix:
        """Return new articles' factors as their reactors moved them."""
        latent = Latent(
            Attributes(()),
            np.zeros((0, self.raw.shape[1])),
            np.zeros(0),
            np.eye(self.raw.shape[1]),
            settings,
        )
        masses = np.asarray(case.told.sum(axis=0)).ravel()
        return latent.moved(self.raw[case.new], np.asarray(case.told.T @ self.tastes), masses)

    def folded(self, case: Case) -> Matrix:
        """Return new articles' factors from the told reactions alone."""
        return fold_in(sparse_of(csr_matrix(case.told.T)), self.found.users, ALS)


def table(known: Known, targets: Csr, seed: int) -> dict[str, list[float]]:
    """Return NDCG@10 by the number of reactions told, for each row."""
    rows: dict[str, list[float]] = {}
    for n in TOLD:
        case = case_of(known.task, targets, n, seed)
        content, wishes = known.content(case), known.wishes(case)
        moved = wishes @ known.moved(case, PULL).T
        share = SETTINGS["content"]
        for name, scores in (
            ("attributes", content),
            ("factors, no prior", wishes @ known.folded(case).T),
            ("factors, foretold", wishes @ unit_rows(known.raw[case.new]).T),
            ("factors, foretold and moved", moved),
            ("mixture", share * standard(content) + (1 - share) * standard(moved)),
        ):
            rows.setdefault(name, []).append(round(worth(case, scores, known.users), 4))
    return rows


def tuned(known: Known, targets: Csr, seed: int) -> None:
    """Print what each of PULLS reaches."""
    cases = [case_of(known.task, targets, n, seed) for n in TOLD]
    for settings in PULLS:
        reached = []
        for case in cases:
            moved = standard(known.wishes(case) @ known.moved(case, settings).T)
            share = SETTINGS["content"]
            mixed = share * standard(known.content(case)) + (1 - share) * moved
            reached.append(worth(case, mixed, known.users))
        print(f"{np.mean(reached):.4f}  {settings.reach:g} {settings.patience:g}", file=sys.stderr)


def main() -> None:
    options = arguments()
    whole = citeulike.load(options.data)
    chosen = whole.for_test if options.part == "test" else whole.for_tuning
    task, targets = chosen(options.seed)
    known = Known(task)
    if options.part == "valid":
        tuned(known, targets, options.seed)
    found = table(known, targets, options.seed)
    if options.json:
        print(json.dumps(found))
        return
    print("| reactions told | " + " | ".join(map(str, TOLD)) + " |")
    print("|---|" + "---:|" * len(TOLD))
    for name, values in found.items():
        print(f"| {name} | " + " | ".join(f"{value:.4f}" for value in values) + " |")


if __name__ == "__main__":
    main()
