"""What kind of file is this? Decided by its first bytes, never by its name.

Owns:    the recognition of CSV, JSON lines and Parquet, and the refusal of everything else.
Imports: domain.errors.
"""

import codecs
import os
import stat
from enum import StrEnum
from pathlib import Path

from carousel.domain.errors import UnreadableFileError

SAMPLE_BYTES = 65_536
MOST_CONTROL_BYTES = 0.1
"""Text has hardly any control bytes; a stray NUL spoils a row, one in ten bytes is no text."""

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_FOREIGN = (
    (b"\x89PNG", "is a PNG image"),
    (b"\xff\xd8\xff", "is a JPEG image"),
    (b"GIF8", "is a GIF image"),
    (b"%PDF", "is a PDF document"),
    (b"PK\x03\x04", "is a ZIP archive or an Excel workbook; unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an Office document; save the sheet as CSV"),
    (b"\x1f\x8b", "is compressed with gzip; unpack it first"),
    (b"BZh", "is compressed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "is compressed with xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd; unpack it first"),
    (b"SQLite format 3", "is an SQLite database; export the table as CSV"),
    (b"ARROW1", "is an Arrow file; save it as Parquet"),
    (b"\x7fELF", "is a program"),
)
_TEXT_CONTROLS = frozenset(b"\t\n\v\f\r")
_PARQUET = b"PAR1"


class Kind(StrEnum):
    """The kinds of file that can be imported."""

    CSV = "CSV"
    JSON_LINES = "JSON lines"
    PARQUET = "Parquet"


def refuse(path: Path, why: str) -> UnreadableFileError:
    """Return the error that refuses a file in one sentence.

    >>> str(refuse(Path("/tmp/cars.csv"), "is empty"))
    'cars.csv is empty; nothing was imported.'
    """
    return UnreadableFileError(f"{path.name or path} {why}; nothing was imported.")


def read_sample(path: Path) -> bytes:
    """Return the first bytes of a file.

    Raises:
        UnreadableFileError: there is no such file, or it is a directory, a device or locked.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise refuse(path, "is a directory; name one file")
        if not stat.S_ISREG(mode):
            raise refuse(path, "is no regular file; save its content to one")
        with path.open("rb") as handle:
            return handle.read(SAMPLE_BYTES)
    except FileNotFoundError:
        raise UnreadableFileError(f"There is no file {path}; nothing was imported.") from None
    except (OSError, ValueError) as error:
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise refuse(path, f"cannot be opened ({why})") from None


def encoding_of(sample: bytes, declared: str) -> str:
    """Return the encoding a byte order mark proves, else the declared one."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return encoding
    return declared


def kind_of(path: Path, sample: bytes, declared_encoding: str) -> Kind:
    """Return what kind of table a file is.

    Raises:
        UnreadableFileError: it is no table of a kind that can be imported.
    """
    if not sample.strip():
        raise refuse(path, "is empty")
    if sample.startswith(_PARQUET):
        return Kind.PARQUET
    for magic, sentence in _FOREIGN:
        if sample.startswith(magic):
            raise refuse(path, sentence)
    encoding = encoding_of(sample, declared_encoding)
    if not encoding.startswith(("utf-16", "utf-32")) and _controls(sample) > MOST_CONTROL_BYTES:
        raise refuse(path, "is not text, and no Parquet file either")
    return _text_kind(path, sample, encoding)


def _controls(sample: bytes) -> float:
    """Return which share of some bytes are control characters that text does not use."""
    return sum(byte < ord(" ") and byte not in _TEXT_CONTROLS for byte in sample) / len(sample)


def _text_kind(path: Path, sample: bytes, encoding: str) -> Kind:
    start = sample.decode(encoding, "replace").lstrip("\ufeff").lstrip()
    match start[:1]:
        case "{":
            return Kind.JSON_LINES
        case "[":
            raise refuse(path, "is one JSON array; write one object a line instead")
        case "<":
            raise refuse(path, "is an HTML or XML document, not a table")
        case "":
            raise refuse(path, "is empty")
        case _:
            return Kind.CSV
