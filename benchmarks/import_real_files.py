"""Import every real file beside the checkout and print a table: rows, rejections, rows a second.

Without --database each file is only tried. With it, each file is imported twice into that migrated,
empty database; the second time must change nothing.

    python benchmarks/import_real_files.py [--data ../shared/data/cars] [--database URL] [--json]
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from carousel.ingest.importing import Terms, prepare, run
from carousel.ingest.report import Report
from carousel.storage import migrate, open_catalogue
from carousel.storage.ports import Catalogue

BESIDE = Path(__file__).parents[2] / "shared" / "data" / "cars"
RATES = {"INR": 0.011, "GBP": 1.17, "USD": 0.92}
WITHOUT_MAKE = {"cclass.csv": "Mercedes-Benz", "focus.csv": "Ford"}


def imported(path: Path, catalogue: Catalogue | None) -> Report:
    constants = {"make": WITHOUT_MAKE[path.name]} if path.name in WITHOUT_MAKE else {}
    probe = prepare(path, Terms("EUR", rate=1.0), constants=constants)
    rate = RATES.get(probe.mapping.currency or "", 1.0)
    job = prepare(path, Terms("EUR", rate=rate), probe.mapping, constants=constants)
    return run(job, catalogue)


def figures(data: Path, database: str | None) -> Iterator[dict[str, object]]:
    if database:
        migrate(database)
    with open_catalogue(database) if database else nullcontext() as catalogue:
        for path in sorted(data.glob("*/*.csv")):
            first = imported(path, catalogue)
            row: dict[str, object] = {
                "file": str(path.relative_to(data)),
                "mapping": first.mapping,
                "rows": first.read,
                "accepted": first.accepted,
                "rejected": first.rejected,
                "rejected_by_reason": first.rejected_by_reason,
                "left_out": sum(first.omitted_by_reason.values()),
                "seconds": first.seconds,
                "rows_per_second": round(first.read / max(first.seconds, 1e-3)),
            }
            if catalogue:
                again = imported(path, catalogue)
                row |= {
                    "new": first.new,
                    "known_already": first.unchanged + first.changed,
                    "again_new_or_changed": again.new + again.changed,
                    "again_seconds": again.seconds,
                }
            yield row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=BESIDE, help="folder with one folder a source")
    parser.add_argument("--database", help="URL of an empty database; else the files are tried")
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")
    asked = parser.parse_args()
    if not asked.data.is_dir():
        sys.exit(f"There is no folder {asked.data}; name one with --data.")
    if not asked.json:
        print("| file | mapping | rows | accepted | rejected | left out | s | rows/s | again |")
        print("|---|---|---:|---:|---:|---:|---:|---:|---|")
    for row in figures(asked.data, asked.database):
        if asked.json:
            print(json.dumps(row))
            continue
        again = row.get("again_new_or_changed")
        told = "" if again is None else f"{again} new or changed in {row['again_seconds']} s"
        print(
            f"| {row['file']} | {row['mapping']} | {row['rows']:,} | {row['accepted']:,} "
            f"| {row['rejected']:,} | {row['left_out']:,} | {row['seconds']:.1f} "
            f"| {row['rows_per_second']:,} | {told} |"
        )
        for reason, count in row["rejected_by_reason"].items():
            print(f"|   {reason} | | | | {count:,} | | | | |")


if __name__ == "__main__":
    main()
