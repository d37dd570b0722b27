"""The models: what training publishes, which of them serves, and the way back.

Owns:    what the commands ``train`` and ``model`` may ask.
Imports: domain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from carousel.domain.model import Model


@dataclass(frozen=True, slots=True)
class Published:
    """A model as the list of models shows it, without its arrays.

    trained_at: when it was published last, aware.
    document:   what the model says of itself.
    figures:    what it was measured to be worth.
    size:       of its arrays as they are kept, in bytes.
    role:       ``active`` serves, ``shadow`` is asked beside it and shown to nobody, else empty.
    """

    kind: str
    version: str
    trained_at: datetime
    document: Mapping[str, Any]
    figures: Mapping[str, float]
    size: int
    role: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a training ended.

    outcome: published, refused or failed. version: of what was trained, None where there is none.
    why:     what it was refused for, or what failed. at: when, aware.
    """

    kind: str
    outcome: str
    version: str | None
    why: str | None
    at: datetime


class ModelStore(Protocol):
    """Models in and out. Sync; each call is one transaction, heard of by every server in a second.

    Of each kind at most one model is active and at most one is the shadow, never the same. Every
    method raises ModelError when the model it is about is not there or damaged.
    """

    def publish(self, model: Model, *, activate: bool) -> None:
        """Keep a model, and perhaps make it the active one; the same contents again are one model.

        Raises:
            ModelError: it is no model at all; nothing was kept.
        """
        ...

    def activate(self, kind: str, version: str) -> None:
        """Make a model the active one; a shadow stops being one. May be repeated."""
        ...

    def roll_back(self, kind: str) -> str:
        """Make the model active that was so before the present one; return its version.

        Again goes one further back. Models that were rolled back are not returned to.

        Raises:
            ModelError: there is none before it, or it is damaged; nothing was changed.
        """
        ...

    def stop(self, kind: str) -> str:
        """Let no model of a kind serve, as before the first was trained; return what served.

        Raises:
            ModelError: none serves, or the kind is factors, whose space cannot be without one.
        """
        ...

    def shadow(self, kind: str, version: str | None) -> None:
        """Make a model the shadow of its kind; None: no model.

        Raises:
            ModelError: it is the active one.
        """
        ...

    def models(self, kind: str | None = None) -> list[Published]:
        """Return what is kept, of one kind or of all, by kind and the latest first."""
        ...

    def note_ending(self, kind: str, outcome: str, version: str | None, why: str | None) -> None:
        """Note how a training has just ended; see ``Ending``."""
        ...

    def endings(self) -> list[Ending]:
        """Return how the last training of each kind ended."""
        ...

    def active(self, kind: str) -> Model | None:
        """Return the model that serves, None without one."""
        ...

    def read(self, kind: str, version: str) -> Model:
        """Return a model."""
        ...

    def retire(self, kind: str, keep: int) -> Sequence[str]:
        """Delete all but the latest ``keep`` of a kind; return the versions that went.

        The active one, the one before it and the shadow stay, however old they are.
        """
        ...
