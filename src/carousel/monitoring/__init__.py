"""The monitor: a process that asks, again and again, whether Carousel does what it promises.

Owns:    the checks, when each runs, what it found, the pages that show it.
Imports: storage (the doors and ports), domain, observability, starlette, httpx2.
"""
