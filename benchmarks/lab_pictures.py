"""Draw a report's accuracy against diversity, and who of new and old cars is shown.

Run:  .venv/bin/python -m benchmarks.lab_pictures REPORT [--out docs/pictures] [--methods A,B,C]
      with the lab's packages (pip install 'carousel[lab]')

REPORT is the report.json of a run of carousel evaluate market --out. Both pictures are on the page
of that run as well, with all of its methods and the numbers below.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from carousel.evaluation.report import document, pictures, standing
from carousel.evaluation.results import Report

DRAWN = (
    "carousel", "carousel-exploring", "carousel-unranked", "bumps-mean", "implicit-als",
    "item-knn", "prototype", "popular", "newest", "random", "oracle",
)  # fmt: skip


def only(report: Report, names: tuple[str, ...]) -> Report:
    """Return a report of some of its methods."""
    return replace(report, methods=tuple(one for one in report.methods if one.name in names))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--methods", default=",".join(DRAWN))
    options = parser.parse_args()
    report = only(document.read(options.report), tuple(options.methods.split(",")))
    decides = standing.deciding(report)
    diversity = standing.metric_of(report, "slate.diversity")
    by_age = pictures.ages(report)
    if decides is None or diversity is None or by_age is None:
        sys.exit(f"{options.report} holds no accuracy, no diversity or no ages of what was shown.")
    for name, picture in (
        ("accuracy-against-diversity", pictures.accuracy_against(report, decides, diversity)),
        ("places-by-age", by_age),
    ):
        path = options.out / f"{name}.png"
        picture.figure.savefig(path, bbox_inches="tight", dpi=110, facecolor="white")
        print(f"{path}: {picture.heading}. {picture.caption}")


if __name__ == "__main__":
    main()
