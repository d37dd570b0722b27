"""Last words: why a worker ends, also where it ends before it can speak as it should.

Owns:    lines of a process that has not begun to be seen.
Imports: observability.
"""

import logging

from carousel.observability.declaring import Process
from carousel.observability.identity import Identity
from carousel.observability.logs import say_last_words, write_logs


def say(name: str, error: BaseException, *, expected: bool) -> None:
    """Say why the process of this name ends. expected: a sentence says it all."""
    if not logging.getLogger().handlers:
        write_logs(Identity(Process.API, name, "", ""), "info", "")
    say_last_words(error, expected=expected)
