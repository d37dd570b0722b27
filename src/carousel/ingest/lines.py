"""Physical lines of a text file, none of them longer than memory allows.

Owns:    decoding, line numbers, and giving back lines that a broken record swallowed.
Imports: the standard library.
"""

from collections import deque
from collections.abc import Iterator
from typing import Self, TextIO

LONGEST_LINE = 1_000_000
"""Characters; the rest of a longer line is read past, never held."""
MOST_LINES = 500
"""Lines and characters (LONGEST_LINE) that one record may take: a quote that is opened by mistake
would otherwise take the rest of the file into memory, and again for the next line."""


class Lines(Iterator[str]):
    """The lines of a file opened with ``newline=""``; each ends as it does in the file.

    A line that was given back comes again, with its own number.

    number: of the line that came last; the first is 1.
    at_end: whether a record asked for more lines than there are, or than it may take.
    """

    def __init__(self, handle: TextIO) -> None:
        self._handle = handle
        self._again: deque[tuple[str, bool]] = deque()
        self._taken: list[tuple[str, bool]] = []
        self._characters = 0
        self.number = 0
        self.at_end = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if len(self._taken) >= MOST_LINES or self._characters > LONGEST_LINE:
            self.at_end = True
            raise StopIteration
        line, cut = self._again.popleft() if self._again else self._read()
        if not line:
            self.at_end = True
            raise StopIteration
        self._taken.append((line, cut))
        self._characters += len(line)
        self.number += 1
        return line

    def begin(self) -> int:
        """Start a record; return the number its first line will have."""
        self._taken.clear()
        self._characters = 0
        self.at_end = False
        return self.number + 1

    @property
    def cut(self) -> bool:
        """Return whether a line of the record was too long and lost its end."""
        return any(cut for _, cut in self._taken)

    def give_back(self) -> str:
        """Return the record's first line and put the others back to be read again."""
        first, *rest = self._taken
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)
        self._taken = [first]
        self.at_end = False
        return first[0]

    def _read(self) -> tuple[str, bool]:
        line = self._handle.readline(LONGEST_LINE)
        cut = len(line) == LONGEST_LINE and not line.endswith(("\n", "\r"))
        while cut:
            more = self._handle.readline(LONGEST_LINE)
            if not more or more.endswith(("\n", "\r")):
                break
        return line, cut
