"""What a long-running process says about itself, for its log.

Owns:    the format of log lines.
Imports: the standard library.
"""

import logging
import time


def report_to_stderr(level: str) -> None:
    """Print log messages of ``level`` and above to standard error, times in UTC."""
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler])
