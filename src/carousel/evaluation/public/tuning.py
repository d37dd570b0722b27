"""How the settings in the models were found: every point of a grid, on the validation part.

Owns:    the search.
Imports: evaluation.public.

The test part is never looked at. Validation is smaller than the test, so neighbours on a grid
often differ by less than chance; the first of equals is taken.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from carousel.domain.errors import ConfigurationError
from carousel.evaluation.public.measuring import leading_metric, learn_and_rank
from carousel.evaluation.public.model import Model, Settings
from carousel.evaluation.public.protocol import METRICS
from carousel.evaluation.public.reactions import PublicSet


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings, and what they reached on the validation part."""

    settings: Settings
    value: float


def tune(
    data: PublicSet, model: Model, seed: int, grid: Mapping[str, tuple[float, ...]] | None = None
) -> Iterator[Trial]:
    """Yield every point of a grid with its value; ``best`` chooses.

    Args:
        data: the set.
        model: what is not on the grid is as in its settings for the set.
        seed: of all dice.
        grid: in place of the model's own.

    Raises:
        ConfigurationError: the model cannot be measured on the set, or there is nothing to tune.
    """
    tried = model.grid if grid is None else grid
    why = model.obstacle(data) or ("" if tried else "It has nothing to tune.")
    if why:
        raise ConfigurationError(f"{model.label} cannot be tuned on {data.title}: {why}")
    task, targets = data.for_tuning(seed)
    metric = [one.key for one in METRICS].index(leading_metric(data.key))
    for point in product(*tried.values()):
        settings = {**model.settings_for(data.key), **dict(zip(tried, point, strict=True))}
        ranked = learn_and_rank(model, settings, task, targets)
        yield Trial(settings, float(ranked.values[:, metric].mean()))


def best(trials: Iterator[Trial]) -> Trial:
    """Return the trial with the highest value, the first of equals."""
    return max(trials, key=lambda trial: trial.value)
