"""Failures that are expected, each with a sentence a person can act on.

Owns:    the tree of errors that cross a layer; api/problems.py gives each an HTTP status.
Imports: nothing.
"""


class CarouselError(Exception):
    """A failure that has a name. ``str()`` is one clear sentence: what, where, how to mend."""


class LogUnavailableError(CarouselError):
    """The event log did not confirm that it holds the events; retry with the same ids."""


class StoreUnavailableError(CarouselError):
    """The database did not answer."""


class UnreadableFileError(CarouselError):
    """An import file is no table, or lacks a column that its mapping needs."""


class ConfigurationError(CarouselError):
    """A setting, or the server it names, does not fit; nothing was started."""


class RecordingError(CarouselError):
    """A recorded marketplace cannot be read, or contradicts itself; nothing was replayed."""


class NotStatedError(CarouselError):
    """A car does not state what it would have to be compared by."""


class ModelError(CarouselError):
    """A trained model is not there, is damaged or was refused; what served before still does."""
