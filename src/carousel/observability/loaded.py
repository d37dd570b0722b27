"""Which version of what a process works with: a label of a metric, so the one before must go.

Owns:    the versions that are told.
Imports: observability.metrics.
"""

from carousel.observability.metrics import MODEL_LOADED

_told: dict[str, str] = {}


def tell_loaded(kind: str, version: str | None) -> None:
    """Tell that this process works with a version of a kind of model; None: with none."""
    before = _told.get(kind)
    if before == version:
        return
    if before is not None:
        del _told[kind]
        MODEL_LOADED.remove(kind, before)
    if version is not None:
        _told[kind] = version
        MODEL_LOADED.labels(kind, version).set(1)
