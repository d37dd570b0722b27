"""A program's first breath: switch user, tie its life to the parent's, become the real program.

Owns:    what must happen between the birth of a child process and its exec.
Imports: the standard library only; it is run as a script by path, before any package is known.

``python leash.py PARENT SIGNAL USER PROGRAM ARGUMENT...``: SIGNAL (a number) is what the kernel
sends the program when PARENT (a process id) dies, even by SIGKILL. USER is ``uid:gid`` or ``-``.

It stands between parent and program, instead of a function run after fork, because such a function
may deadlock when the parent has threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def become(parent: int, signal_number: int, user: str, program: list[str]) -> None:
    """Replace this process by ``program``; return only if the parent is already gone."""
    libc = ctypes.CDLL(None, use_errno=True)
    if user != "-":
        uid, gid = map(int, user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user, which clears it; it survives the exec.
    libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() == parent:
        os.execv(program[0], program)  # noqa: S606  # no shell is the point


if __name__ == "__main__":
    try:
        become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
    except OSError as error:
        sys.exit(f"{sys.argv[4]}: {error.strerror}")
