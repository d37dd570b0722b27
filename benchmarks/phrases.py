"""Are mistyped names found back, and how long does a search box wait? The names of real adverts.

Run:  .venv/bin/python -m benchmarks.phrases [--data ../shared/data/cars] [--tries 20] [--seed 0]
          [--listings 20000] [--json]

Every make and every model of a file with at least --adverts adverts is mistyped --tries times and
read by the dictionary of that file's own names. An error is drawn as people make them: a letter is
left out, doubled, changed into its neighbour on the keyboard or exchanged with the next one, each
as often, at a place drawn evenly. What happens to be another name, or a word of the table, is drawn
again: nobody could tell. Names of one or two letters and models with figures are left out: a
mistyped A4 is an A5.

    makes     typed alone, as "skdoa"; of 4+ letters: without BMW, Kia and their like
    models    typed after their make, as "Skoda Octvaia"
    wrong     taken for another name instead
    innocent  words of the adverts' headlines that are no name, and no word of the table; taken: for
              a mistyped one. Many of those are one, as "limosine"

Times are in milliseconds, over a market of --listings simulated cars in the mirror of an embedded
PostgreSQL: of a phrase, and of 8 suggestions for what has been typed of it so far, each with the
counting of its cars. HTTP and JSON are left out. CPU is what this process worked: on a machine that
does other things too it is the truer number.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import uvloop

from benchmarks.fair_price import listings_of
from benchmarks.import_real_files import BESIDE
from benchmarks.request_path import as_the_api_does
from benchmarks.retrieval import NOW as MOMENT
from benchmarks.retrieval import database
from carousel.domain.listing import ListingFacts, spelling_key
from carousel.domain.phrase.amounts import Terms
from carousel.domain.phrase.dictionary import Dictionary, dictionary_of
from carousel.domain.phrase.names import names_of
from carousel.domain.phrase.reading import read
from carousel.domain.phrase.words import words
from carousel.serving.understanding import open_vocabulary, suggest, understand
from carousel.simulation.listings import generate_listings
from carousel.storage import open_catalogue, open_mirror

NOW = Terms(2026, "EUR")
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
LONG = 4
PHRASES = (
    "scoda octavia combi tdi 2019 under 15k",
    "bmw automatik diesel unter 20.000 € ab 2018",
    "Škoda do 15 tisíc",
    "estate less than 100 000 km near Brno",
    "mercedes c class automatic petrol",
    "volkswagon pasat variant 150 PS Navi Leder AHK",
    "hledám rodinné auto automat benzín od 2016 najeto do 120 000",
    "red or blue cabrio, first owner, no diesel",
    "peugeot 208 or 308 from 2015 to 2019",
    "within 50 km of Munich electric suv 110 kW",
)
HEADS = (
    *("file", "makes", "found", "of 4+ letters", "wrong", "models", "found", "wrong"),
    *("innocent", "taken"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """What the names of a file say; shares are in percent of what was tried, NaN for nothing."""

    file: str
    makes: int
    makes_found: float
    long_makes_found: float
    makes_wrong: float
    models: int
    models_found: float
    models_wrong: float
    innocent: int
    innocent_taken: float


def mistyped(name: str, dice: np.random.Generator) -> str:
    """Return a name with one error, never the name itself."""
    letters = [place for place, letter in enumerate(name) if letter.isascii() and letter.isalpha()]
    while True:
        place = int(dice.choice(letters))
        kind = int(dice.integers(4))
        if kind == 0:
            wrong = name[:place] + name[place + 1 :]
        elif kind == 1:
            wrong = name[:place] + name[place] + name[place:]
        elif kind == 2:
            wrong = name[:place] + _beside(name[place], dice) + name[place + 1 :]
        else:
            swapped = name[place + 1 : place + 2] + name[place]
            wrong = name[:place] + swapped + name[place + 2 :]
        if spelling_key(wrong) != spelling_key(name):
            return wrong


def _beside(letter: str, dice: np.random.Generator) -> str:
    row = next(row for row in KEYBOARD if letter.lower() in row)
    place = row.index(letter.lower())
    return str(dice.choice([*row[max(0, place - 1) : place], *row[place + 1 : place + 2]]))


def tried(
    cases: Sequence[tuple[str, str, str]], known: Dictionary, tries: int, dice: np.random.Generator
) -> list[tuple[str, bool, bool]]:
    """Return for each error the name, whether it was found, and whether another one was.

    cases: the words before the name, the filter that the name sets, the name.
    """
    found = []
    for before, field, name in cases:
        for _ in range(tries):
            said = mistyped(name, dice)
            for _ in range(50):
                key = spelling_key(said)
                if len(key) > 1 and key not in known.meanings and key not in words():
                    break
                said = mistyped(name, dice)
            else:
                continue
            chips = read(f"{before} {said}".strip(), known, NOW).chips
            values = [one.value for one in chips if one.name == field]
            found.append((name, name in values, bool(values) and name not in values))
    return found


def innocent(listings: Sequence[ListingFacts], known: Dictionary) -> list[str]:
    """Return the words of headlines that are no part of any name and no word of the table."""
    parts = {
        spelling_key(part)
        for name in (*(m for m, _ in known.names.makes), *(m.name for m in known.names.models))
        for part in name.replace("-", " ").split()
    }
    counted = Counter(
        word
        for listing in listings
        for word in {spelling_key(part) for part in listing.name.replace("-", " ").split()}
    )
    return [
        word
        for word, count in counted.most_common()
        if count > 1
        and word.isalpha()
        and len(word) > 2
        and word not in parts
        and word not in known.meanings
        and word not in words()
    ][:1000]


def share(flags: Sequence[bool]) -> float:
    return 100 * float(np.mean(flags)) if flags else float("nan")


def measured(path: Path, file: str, options: argparse.Namespace) -> Row:
    """Return a file's row."""
    listings = listings_of(path)
    known = dictionary_of(
        names_of(
            ((one.make, one.model, 1) for one in listings),
            ((one.colour, 1) for one in listings),
            (),
        )
    )
    dice = np.random.default_rng(options.seed)
    makes = [
        ("", "brand", make)
        for make, count in known.names.makes
        if count >= options.adverts and len(spelling_key(make)) > 2
    ]
    models = [
        (model.make, "model", model.name)
        for model in known.names.models
        if model.count >= options.adverts
        and spelling_key(model.name).isalpha()
        and len(spelling_key(model.name)) > 2
    ]
    of_makes = tried(makes, known, options.tries, dice)
    of_models = tried(models, known, options.tries, dice)
    nothing = innocent(listings, known)
    taken = [bool(read(word, known, NOW).chips) for word in nothing]
    return Row(
        file,
        len(makes),
        share([found for _, found, _ in of_makes]),
        share([found for name, found, _ in of_makes if len(spelling_key(name)) >= LONG]),
        share([wrong for _, _, wrong in of_makes]),
        len(models),
        share([found for _, found, _ in of_models]),
        share([wrong for _, _, wrong in of_models]),
        len(nothing),
        share(taken),
    )


async def times(url: str, phrases: Sequence[str]) -> dict[str, list[float]]:
    """Return the milliseconds of each phrase, and of suggestions for what is typed of it."""
    as_the_api_does()
    took: dict[str, list[float]] = {}
    async with open_mirror(url) as mirror, open_vocabulary(mirror) as vocabulary:
        await mirror.filled()
        known = await vocabulary.dictionary()
        typed = [text[:end] for text in phrases for end in range(1, len(text) + 1)][::5]

        async def timed(kind: str, work: Callable[[str], Awaitable[object]], texts: Sequence[str]):  # noqa: ANN202
            for text in texts:
                started, busy = time.perf_counter(), time.process_time()
                await work(text)
                took.setdefault(kind, []).append(1e3 * (time.perf_counter() - started))
                took.setdefault(f"{kind}, CPU", []).append(1e3 * (time.process_time() - busy))

        await timed(
            "phrase", lambda text: understand(mirror, vocabulary, text, NOW), [*phrases] * 20
        )
        await timed("suggestions", lambda text: suggest(mirror, vocabulary, text, NOW, 8), typed)

        async def made(_: str) -> None:
            dictionary_of(known.names)

        await timed("a new dictionary", made, [""] * 20)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=BESIDE)
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--adverts", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    files = sorted(path for path in options.data.rglob("*.csv") if "uk_used" not in path.parts)
    if not files:
        sys.exit(f"There are no files in {options.data}; name their directory with --data.")
    found = [measured(path, str(path.relative_to(options.data)), options) for path in files]
    with database() as url:
        with open_catalogue(url) as catalogue:
            catalogue.upsert(list(generate_listings(options.listings, 1, MOMENT)))
            catalogue.ensure_space()
        took = uvloop.run(times(url, PHRASES))
    if options.json:
        quantiles = {kind: np.quantile(each, (0.5, 0.95)).tolist() for kind, each in took.items()}
        print(json.dumps({"rows": [asdict(row) for row in found], "milliseconds": quantiles}))
        return
    print(f"| {' | '.join(HEADS)} |\n|---|{'--:|' * (len(HEADS) - 1)}")
    for row in found:
        print(
            f"| {row.file} | {row.makes} | {row.makes_found:.1f} % | {row.long_makes_found:.1f} % "
            f"| {row.makes_wrong:.1f} % | {row.models} | {row.models_found:.1f} % "
            f"| {row.models_wrong:.1f} % | {row.innocent or ''} "
            f"| {f'{row.innocent_taken:.1f} %' if row.innocent else ''} |"
        )
    print(f"\n| {options.listings:,} cars, milliseconds | p50 | p95 |\n|---|--:|--:|")
    for kind, each in took.items():
        print(f"| {kind} | {np.quantile(each, 0.5):.2f} | {np.quantile(each, 0.95):.2f} |")


if __name__ == "__main__":
    main()
