"""The ways of recommending that are compared: ours, the prototype's, and simple ones.

Owns:    the list of methods, what each is called, what it needs to run.
Imports: evaluation, serving, storage, domain, simulation.truth; the lab's libraries where used.

To add a method, add its file and one entry to METHODS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from carousel.domain.errors import ConfigurationError
from carousel.evaluation.method import Method
from carousel.evaluation.methods.bumps_mean import BumpsMean
from carousel.evaluation.methods.carousel import Carousel
from carousel.evaluation.methods.factors_foretold import FactorsForetold
from carousel.evaluation.methods.implicit_als import ImplicitAls
from carousel.evaluation.methods.item_knn import ItemKnn
from carousel.evaluation.methods.knobs import VARIANTS
from carousel.evaluation.methods.nightly import Nightly
from carousel.evaluation.methods.oracle import Oracle
from carousel.evaluation.methods.prototype import Prototype
from carousel.evaluation.methods.simple import Newest, Popular, Random
from carousel.simulation.truth import Truth

NO_TRUTH = "The truth is known of a simulated market only."


@dataclass(frozen=True, slots=True)
class Entry:
    """A method that can be compared.

    label:    as a person reads it.
    sentence: what it does.
    make:     returns a fresh one. It is given the truth of a simulated market, if there is one.
    packages: it needs beyond the engine's own.
    cheats:   whether it looks at the truth: a bound, not a method.
    """

    label: str
    sentence: str
    make: Callable[[Truth | None], Method]
    packages: tuple[str, ...] = ()
    cheats: bool = False

    def obstacle(self, truth: Truth | None) -> str:
        """Return why it cannot be made here, in one sentence; empty when it can."""
        if self.cheats and truth is None:
            return NO_TRUTH
        missing = [package for package in self.packages if find_spec(package) is None]
        if missing:
            return f"Not installed: {', '.join(missing)}; pip install 'carousel[lab]' brings it."
        return ""


def _ours(name: str) -> Entry:
    variant = VARIANTS[name]
    return Entry(variant.label, variant.sentence, lambda _: Carousel(name))


def _oracle(truth: Truth | None) -> Method:
    if truth is None:
        raise ConfigurationError(NO_TRUTH)
    return Oracle(truth)


METHODS: Mapping[str, Entry] = {
    **{name: _ours(name) for name in VARIANTS},
    "carousel-nightly": Entry(
        "Carousel, nightly batch",
        "The same engine as it stood at midnight: what a system without a stream would show.",
        lambda _: Nightly(Carousel()),
    ),
    "bumps-mean": Entry(
        "Bumps, flat mean",
        "The engine's car vectors, the flat mean of the cars reacted to, cosine.",
        lambda _: BumpsMean(),
    ),
    "prototype": Entry(
        "Prototype",
        "Min-max numbers and one-hot names; the profile jumps half-way to every car; Euclidean.",
        lambda _: Prototype(),
    ),
    "prototype-flat-mean": Entry(
        "Prototype, flat mean",
        "The prototype's vectors with the flat mean of the cars reacted to.",
        lambda _: Prototype(flat=True),
    ),
    "factors-foretold": Entry(
        "Factors foretold",
        "The engine's latent space alone, trained nightly, every event folded in.",
        lambda _: FactorsForetold(),
    ),
    "implicit-als": Entry(
        "ALS on listing ids",
        "Matrix factorisation from the library implicit, trained nightly, shoppers folded in.",
        lambda _: ImplicitAls(),
        ("implicit", "scipy", "threadpoolctl"),
    ),
    "item-knn": Entry(
        "Item kNN on listing ids",
        "Cosine neighbours from the library implicit, trained nightly.",
        lambda _: ItemKnn(),
        ("implicit", "scipy"),
    ),
    "popular": Entry(
        "Popular",
        "What shoppers reacted to most, half-life a week; the same for everybody.",
        lambda _: Popular(),
    ),
    "newest": Entry("Newest", "The listings published last.", lambda _: Newest()),
    "random": Entry("Random", "Listings by chance.", lambda _: Random()),
    "oracle": Entry(
        "Oracle",
        "The true chance of a detail view; no real method can know it.",
        _oracle,
        cheats=True,
    ),
}
"""Every method by its name, in the order to be shown."""


def make(name: str, truth: Truth | None = None) -> Method:
    """Return a fresh method.

    Raises:
        ConfigurationError: there is no such method, or it cannot be made here.
    """
    entry = METHODS.get(name)
    if entry is None:
        raise ConfigurationError(
            f"There is no method {name!r}; the methods are {', '.join(METHODS)}."
        )
    if obstacle := entry.obstacle(truth):
        raise ConfigurationError(f"The method {name!r} cannot run. {obstacle}")
    return entry.make(truth)
