"""The pipeline as a plain loop, for Pythons without Bytewax.

Owns:    the order of the steps, the pause between polls.
Imports: streaming.follower.
"""

from threading import Event as Flag

from carousel.streaming.follower import Follower


def run(follower: Follower, stop: Flag) -> None:
    """Follow the log until ``stop`` is set.

    Raises:
        Stopped: it was set while a server was waited for.
    """
    while not stop.is_set():
        batch = follower.read()
        if batch is None:
            stop.wait(follower.idle_seconds)
            continue
        follower.write(follower.interpret(follower.attach(follower.decode(batch))))
