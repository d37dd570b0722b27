"""What is written is read; what is not a recording says so in one sentence."""

import json
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.errors import RecordingError
from carousel.recording.columns import Coded, read_table, write_table
from carousel.recording.files import data_hash, read, write
from carousel.recording.tables import EVENT_TYPES, NONE
from tests.recording.little_market import BEGINS, market


def assert_same(one, other):
    assert type(one) is type(other)
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if is_dataclass(a):
            assert_same(a, b)
        elif isinstance(a, np.ndarray):
            assert a.dtype == b.dtype, field.name
            np.testing.assert_array_equal(a, b, err_msg=field.name)
        else:
            assert a == b, field.name


def rewrite(path, change):
    """Replace a table of a directory as a stranger's export would, and forget its sums."""
    pq.write_table(change(pq.read_table(path)), path)
    manifest = path.with_name("manifest.json")
    document = json.loads(manifest.read_text())
    document["sha256"], document["counts"] = {}, {}
    manifest.write_text(json.dumps(document))


def test_what_is_written_is_read(recording, directory):
    assert_same(read(directory), recording)


def test_a_table_without_rows_keeps_its_types(recording, tmp_path):
    bare = replace(
        recording,
        prices=type(recording.prices)(*(c[:0] for c in vars_of(recording.prices))),
        impressions=type(recording.impressions)(*(c[:0] for c in vars_of(recording.impressions))),
    )
    write(bare, tmp_path)
    assert_same(read(tmp_path), bare)


def vars_of(table):
    return [getattr(table, field.name) for field in fields(table)]


@given(
    numbers=st.lists(st.integers(-(2**63), 2**63 - 1)),
    fractions=st.lists(st.floats(allow_nan=True, allow_infinity=True)),
    codes=st.lists(st.integers(-1, 2)),
    words=st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))),
)
def test_every_kind_of_column_comes_back(tmp_path_factory, numbers, fractions, codes, words):
    path = tmp_path_factory.mktemp("columns") / "table.parquet"
    for kind, stored, expected in (
        ("int", np.array(numbers, dtype=np.int64), np.array(numbers, dtype=np.int64)),
        ("float", np.array(fractions, dtype=np.float64), np.array(fractions, dtype=np.float64)),
        (("a", "b", "c"), Coded(np.array(codes, dtype=np.int64), "abc"), np.array(codes, np.int64)),
        ("text", words, words),
    ):
        write_table(path, {"x": stored})
        found = read_table(path, {"x": kind})["x"]
        np.testing.assert_array_equal(found, expected)


def test_a_matrix_comes_back(tmp_path):
    rows = np.arange(6.0).reshape(2, 3)
    write_table(tmp_path / "m.parquet", {"looks": rows})
    np.testing.assert_array_equal(
        read_table(tmp_path / "m.parquet", {"looks": "matrix"})["looks"], rows
    )


def test_a_name_nobody_knows_is_told_from_none(tmp_path):
    pq.write_table(pa.table({"type": ["view", "poke", None]}), tmp_path / "t.parquet")
    codes = read_table(tmp_path / "t.parquet", {"type": EVENT_TYPES})["type"]
    assert codes.tolist() == [EVENT_TYPES.index("view"), len(EVENT_TYPES), NONE]


def test_an_export_may_hold_timestamps_and_whole_floats(recording, directory):
    def as_pandas_would(table):
        moments = [datetime.fromtimestamp(at, UTC) for at in table["at"].to_pylist()]
        listing = [None if row == NONE else float(row) for row in table["listing"].to_pylist()]
        kind = [str(name) for name in table["type"].to_pylist()]
        return pa.table(
            {
                "at": pa.array(moments, pa.timestamp("ms", "Europe/Prague")),
                "shopper": table["shopper"],
                "type": kind,
                "listing": pa.array(listing, pa.float64()),
                "search": table["search"],
                "remark": ["not ours"] * len(kind),
            }
        )

    rewrite(directory / "events.parquet", as_pandas_would)
    events = read(directory).events
    for name in ("at", "shopper", "type", "listing", "search"):
        np.testing.assert_array_equal(getattr(events, name), getattr(recording.events, name))
    assert (events.reason == NONE).all()


def test_only_what_every_advert_has_must_be_there(directory):
    needed = ["ref", "make", "name", "year", "price", "listed_at", "left_at", "sold"]
    rewrite(directory / "listings.parquet", lambda table: table.select(needed))
    first = read(directory).listings[0]
    assert (first.id, first.revision, first.mileage_km, first.place) == (1, 1, None, None)


def test_the_hash_is_of_the_data_and_not_of_its_name(recording, tmp_path):
    def hashed(name, change):
        write(change, tmp_path / name)
        return data_hash(tmp_path / name)

    plain = hashed("a", recording)
    assert plain == hashed("b", replace(recording, name="another name"))
    assert plain != hashed("c", replace(recording, ends=recording.ends + 1))
    assert plain != hashed("d", replace(recording, users=recording.users + 1))
    write_table(tmp_path / "a" / "truth.parquet", {"x": np.ones(1)})
    assert data_hash(tmp_path / "a") != plain


def test_writing_that_is_interrupted_leaves_no_recording(directory, recording):
    (directory / "events.parquet").unlink()
    (directory / "events.parquet").mkdir()
    with pytest.raises(OSError, match="events"):
        write(recording, directory)
    with pytest.raises(RecordingError, match="holds no recording"):
        read(directory)


def cut_short(directory: Path) -> None:
    file = directory / "impressions.parquet"
    file.write_bytes(file.read_bytes()[:-9])


def cut_short_without_sums(directory: Path) -> None:
    rewrite(directory / "prices.parquet", lambda table: table)
    cut_short(directory)


def foreign(directory: Path) -> None:
    rewrite(directory / "prices.parquet", lambda table: table)
    (directory / "events.parquet").write_text("at;shopper\n1;2\n")


def exchanged(directory: Path) -> None:
    pq.write_table(pq.read_table(directory / "events.parquet")[:1], directory / "events.parquet")


def fewer_rows(directory: Path) -> None:
    path = directory / "manifest.json"
    document = json.loads(path.read_text())
    document["counts"]["events"] += 1
    path.write_text(json.dumps(document))


def other_format(directory: Path) -> None:
    path = directory / "manifest.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))


def ends_first(directory: Path) -> None:
    path = directory / "manifest.json"
    document = json.loads(path.read_text())
    document["ends"] = document["begins"]
    path.write_text(json.dumps(document))


def column(table: str, name: str, values):
    def spoil(directory: Path) -> None:
        def change(found):
            if values is None:
                return found.drop_columns([name])
            where = found.column_names.index(name)
            return found.set_column(where, name, pa.array(values))

        rewrite(directory / f"{table}.parquet", change)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda d: (d / "manifest.json").unlink(), "holds no recording"),
        (lambda d: (d / "manifest.json").write_text("{"), "no manifest"),
        (other_format, "version: Input should be 1"),
        (ends_first, "ends after it begins"),
        (lambda d: (d / "searches.parquet").unlink(), "searches.parquet is missing"),
        (cut_short, "SHA-256 differs"),
        (exchanged, "SHA-256 differs"),
        (fewer_rows, "has 4 rows, manifest.json speaks of 5"),
        (cut_short_without_sums, "not a whole Parquet file"),
        (foreign, "not a whole Parquet file"),
        (column("events", "shopper", None), "no column 'shopper'"),
        (column("events", "shopper", ["a", "b", "c", "d"]), "'shopper' is string"),
        (column("events", "shopper", [0.0, 0.5, 1.0, 1.0]), "cannot be read as int"),
        (column("events", "type", [1, 2, 3, 4]), "text was expected"),
        (column("events", "at", [datetime(2026, 1, 5)] * 4), "time zone"),  # noqa: DTZ001 - the fault
        (column("impressions", "random", [0, 1, 0, 1, 0]), "true and false"),
        (column("listings", "ref", [1, 2, 3]), "text was expected"),
        (column("listings", "year", [2015, 2016, 1492]), "row 2 .* year: .* 1900"),
        (column("listings", "fuel", ["diesel", "steam", None]), "row 1 .* fuel"),
        (column("listings", "latitude", [None, None, 50.0]), "row 0 .* place.latitude"),
        (column("listings", "listed_at", [BEGINS, None, BEGINS]), "row 1 .* no date"),
        (column("searches", "filters", ["{}", '{"colour": 7}']), "row 1 .* colour"),
        (column("searches", "filters", ["{}", None]), "row 1 .* holds no filters"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(directory, spoil, sentence):
    spoil(directory)
    with pytest.raises(RecordingError, match=sentence):
        read(directory)


def test_a_life_belongs_to_its_listing(tmp_path):
    recording = market()
    lives = replace(recording.lives, listed_at=recording.lives.listed_at + 60)
    with pytest.raises(RecordingError, match="make them one moment"):
        write(replace(recording, lives=lives), tmp_path)
    short = replace(recording.lives, listed_at=recording.lives.listed_at[:2])
    with pytest.raises(RecordingError, match="one life"):
        write(replace(recording, lives=short), tmp_path)
