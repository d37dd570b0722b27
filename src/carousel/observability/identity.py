"""Which process is speaking.

Owns:    the name that log lines, metrics, spans and errors carry.
Imports: observability.declaring.
"""

from dataclasses import dataclass

from carousel.observability.declaring import Process


@dataclass(frozen=True, slots=True)
class Identity:
    """A process.

    process: what it is. name: which one of its kind, such as ``api-1``.
    version: of Carousel. environment: ``development`` or ``production``.
    """

    process: Process
    name: str
    version: str
    environment: str
