"""What a model of the public sets is: a function that learns a task and scores users.

Owns:    the form of a model, its settings per set, which sets it can be measured on.
Imports: numpy, evaluation.public.reactions.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TypeAlias

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix
from carousel.evaluation.public.reactions import PublicSet, Task

Settings: TypeAlias = Mapping[str, float]

Scorer: TypeAlias = Callable[[Ints], Matrix]
"""Users, shape (n,) -> scores of the task's candidates, shape (n, candidates), finite."""

Learn: TypeAlias = Callable[[Task, Settings], Scorer]

ANY = "any"
"""In ``Model.settings``: of the sets that are not named."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model and all that is needed to measure it.

    name:      key of its row. label: as a person reads it.
    settings:  by set; ``ANY`` for the others. Found by ``tuning.tune`` on the validation parts.
    grid:      values that tuning tries, by setting.
    needs:     packages it comes with; without them the row is empty and says so.
    attributes: whether it reads attributes.
    new_items: whether it can rank items nobody reacted to.
    most_items: a larger catalogue is too much for it.
    remark:    a sentence for its row; ``remark_without`` the same on sets without attributes.
    """

    name: str
    label: str
    learn: Learn
    settings: Mapping[str, Settings] = field(default_factory=dict)
    grid: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    attributes: bool = False
    new_items: bool = False
    most_items: int | None = None
    remark: str = ""
    remark_without: str = ""

    def settings_for(self, key: str) -> Settings:
        """Return the settings for a set."""
        return self.settings.get(key, self.settings.get(ANY, {}))

    def obstacle(self, data: PublicSet) -> str:
        """Return why it cannot be measured on a set, in one sentence; empty where it can."""
        if self.attributes and data.attributes is None:
            return "It needs attributes, and this set has ids only."
        if not data.grows and not self.new_items:
            return "It knows ids only, and nobody reacted to these items before."
        if self.most_items is not None and data.items > self.most_items:
            gigabytes = 8 * data.items**2 / 1e9
            return (
                f"It inverts a dense matrix of items by items, {gigabytes:.0f} GB for these "
                f"{data.items:,}; it is run up to {self.most_items:,}."
            )
        missing = [name for name in self.needs if not _loads(name)]
        if missing:
            return f"The package {missing[0]} is not installed here, or does not load."
        return ""


def _loads(name: str) -> bool:
    """Return whether a package is installed and loads; some builds do not fit every system."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import_module(name)
        except ImportError:
            return False
    return True
