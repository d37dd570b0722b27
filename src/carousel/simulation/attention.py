"""Which places simulated shoppers looked at, as a file beside the truth.

Owns:    DIRECTORY/truth/examined.parquet.
Imports: recording.columns, simulation.{columns,truth_files}, domain.errors.

No marketplace can record this; it is what estimates of attention are held against.
"""

from pathlib import Path

from carousel.domain.errors import RecordingError
from carousel.recording.columns import read_table, write_table
from carousel.simulation.columns import Flags
from carousel.simulation.truth_files import FOLDER

FILE = "examined.parquet"


def write(examined: Flags, directory: Path) -> None:
    """Write of each impression of the recording in DIRECTORY whether it was looked at."""
    folder = directory / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / FILE, {"examined": examined})


def read(directory: Path, impressions: int) -> Flags | None:
    """Return of each impression whether it was looked at, None where nobody wrote it down.

    Args:
        directory: of the recording.
        impressions: how many there are.

    Raises:
        RecordingError: the file is damaged, or of another recording.
    """
    file = directory / FOLDER / FILE
    if not file.is_file():
        return None
    examined: Flags = read_table(file, {"examined": "flag"})["examined"]
    if len(examined) != impressions:
        raise RecordingError(
            f"{file} speaks of {len(examined):,} impressions, the recording has {impressions:,}; "
            "take the file away, or simulate the market again."
        )
    return examined
