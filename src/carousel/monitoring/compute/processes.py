"""Does every process that should run tell that it does?

Owns:    the check ``processes``.
Imports: httpx2, observability, monitoring.

A process leaves a file that says where it tells its metrics, and takes it away as it ends; one that
was killed leaves the file behind. So a process that is down is one that nobody finds where its file
says, or one that should be there and has no file.
"""

import asyncio

import httpx2

from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.reach import Reach
from carousel.observability.declaring import Process
from carousel.observability.reading import Target, read_targets

SECONDS = 1.0
"""How long a process may take to answer."""

FIRST_LINE = "# HELP "


def processes(reach: Reach) -> Check:
    """Return the check of our own processes."""

    async def ask() -> Finding:
        targets = await asyncio.to_thread(read_targets, reach.targets)
        async with httpx2.AsyncClient(timeout=SECONDS, trust_env=False) as client:
            answered = await asyncio.gather(*(_answers(client, target) for target in targets))
        up = [one.process for one, well in zip(targets, answered, strict=True) if well]
        # A training that was killed is a job that is over: its own check tells of it.
        down = [
            one.process
            for one, well in zip(targets, answered, strict=True)
            if not well and one.kind != Process.TRAINING
        ]
        missing = sorted(set(reach.expected) - {one.process for one in targets})
        evidence: Evidence = {"up": up, "down": down, "missing": missing}
        faults = []
        if down:
            faults.append(f"{_listed(down)} does not answer within {SECONDS:.0f} s.")
        if missing:
            faults.append(f"{_listed(missing)} should run and has not said where it is.")
        if not targets:
            faults.append("No process says where it tells its metrics.")
        if faults:
            return Finding(held=False, sentence=" ".join(faults), evidence=evidence)
        sentence = f"All {len(up)} processes answer."
        return Finding(held=True, sentence=sentence, evidence=evidence)

    promise = "Every process that should run tells its metrics within a second."
    return Check("processes", Family.COMPUTE, promise, 5.0, 5.0, ask)


async def _answers(client: httpx2.AsyncClient, target: Target) -> bool:
    """Return whether a process tells its metrics where its file says."""
    if not target.address:
        return False
    try:
        async with asyncio.timeout(SECONDS):
            answer = await client.get(f"http://{target.address}/metrics")
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError):
        return False
    return answer.is_success and answer.text.startswith(FIRST_LINE)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")  # noqa: PLR2004
