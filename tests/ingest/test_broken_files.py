"""Files that are no table, and tables that are half broken."""

import gzip
import json
import os
import zipfile
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carousel.domain.errors import UnreadableFileError
from carousel.ingest.importing import Terms, prepare, run
from carousel.ingest.mapping import FileMapping
from tests.ingest.memory_catalogue import MemoryCatalogue

RULES = FileMapping(name="m", fields={f: f for f in ("make", "model", "year", "price")})
HEADER = "make,model,year,price\n"
GOOD = "Ford,Focus,2015,9000\n"
CARS = [{"make": "Ford", "model": "Ka", "year": 2010, "price": n + 500} for n in range(30_000)]


def parquet(path, rows=CARS):
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=1_000)
    return path.read_bytes()


def damaged(path):
    whole = bytearray(parquet(path))
    middle = len(whole) // 2
    whole[middle : middle + 2_000] = b"\xff" * 2_000
    return bytes(whole)


def excel(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return path.read_bytes()


NO_TABLES = {
    "nothing": (lambda _: b"", "is empty"),
    "blanks": (lambda _: b" \r\n\t\n", "is empty"),
    "a byte order mark alone": (lambda _: b"\xef\xbb\xbf\n", "is empty"),
    "a PNG": (lambda _: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is a PNG image"),
    "a JPEG": (lambda _: b"\xff\xd8\xff\xe0JFIF", "is a JPEG image"),
    "a PDF": (lambda _: b"%PDF-1.7 ...", "is a PDF document"),
    "an Excel workbook": (excel, "save the sheet as CSV"),
    "gzip": (lambda _: gzip.compress(HEADER.encode()), "unpack it first"),
    "zeros": (lambda _: bytes(4_096), "is not text"),
    "random bytes": (lambda _: bytes((i * 7919) % 251 for i in range(9_000)), "is not text"),
    "UTF-16 without its mark": (lambda _: (HEADER + GOOD).encode("utf-16-le"), "is not text"),
    "an HTML page": (lambda _: b"\n <!DOCTYPE html><table>", "is an HTML or XML document"),
    "a JSON array": (lambda _: json.dumps(CARS[:2]).encode(), "one object a line"),
    "broken JSON": (lambda _: b"{make: Ford}\n{", "does not begin with a row of column names"),
    "Parquet cut short": (lambda p: parquet(p)[:-500], "is a damaged Parquet file"),
    "Parquet's first bytes": (lambda p: parquet(p)[:4], "is a damaged Parquet file"),
    "Parquet damaged inside": (damaged, "is a damaged Parquet file"),
    "another table": (lambda _: b"id;title\n1;x\n", "has no column 'make'"),
    "prose": (lambda _: b"Dear Sir,\nI have a car.\n", "has no column 'make'"),
    "a header with an open quote": (lambda _: b'"make,model,year,price\n', "has no column 'make'"),
}


@pytest.mark.parametrize("name", NO_TABLES)
def test_a_file_that_is_no_table_is_refused_in_one_sentence(tmp_path, name):
    make, said = NO_TABLES[name]
    path = tmp_path / "cars.csv"
    path.write_bytes(make(path))
    with pytest.raises(UnreadableFileError) as refused:
        prepare(path, Terms("EUR"), RULES)
    sentence = str(refused.value)
    assert said in sentence
    assert "cars.csv" in sentence
    assert len(sentence) < 400
    assert "\n" not in sentence


def test_a_path_that_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, said in [
        (tmp_path, "is a directory"),
        (tmp_path / "absent.csv", "There is no file"),
        (tmp_path / "pipe", "is no regular file"),
        (tmp_path / ("x" * 300), "cannot be opened"),
    ]:
        with pytest.raises(UnreadableFileError, match=said):
            prepare(path, Terms("EUR"), RULES)


HALF_BROKEN = {
    "Windows lines and a mark": (("\ufeff" + HEADER + GOOD).replace("\n", "\r\n").encode(), 1, {}),
    "UTF-16 with its mark": ((HEADER + GOOD).encode("utf-16"), 1, {}),
    "UTF-32 with its mark": ((HEADER + GOOD).encode("utf-32"), 1, {}),
    "no last line end": ((HEADER + GOOD).rstrip().encode(), 1, {}),
    "a cell with a line break": (f'{HEADER}Ford,"Fo\ncus",2015,9000\n{GOOD}'.encode(), 2, {}),
    "Latin-1 among UTF-8": (
        HEADER.encode() + "Citroën,C4,2015,9000\n".encode("latin-1") + GOOD.encode(),
        1,
        {"make: has characters that cannot be read as utf-8 text": 1},
    ),
    "NUL in a cell": (
        f"{HEADER}Fo\0rd,Focus,2015,9000\n{GOOD}".encode(),
        1,
        {"make: has characters that cannot be read as utf-8 text": 1},
    ),
    "ragged rows": (
        f"{HEADER}Ford\n{GOOD}Ford,Focus,2015,9000,red\n,,,\n{GOOD}".encode(),
        2,
        {"the row does not have the header's 4 cells": 2, "make: is empty": 1},
    ),
    "a quote that never closes": (
        f'{HEADER}Ford,"Focus,2015,9000\n{GOOD}'.encode(),
        1,
        {"a quote opens here and never closes": 1},
    ),
    "a huge cell": (
        f"{HEADER}Ford,{'x' * 140_000},2015,9000\n{GOOD}".encode(),
        1,
        {"a cell is longer than 131,072 characters": 1},
    ),
    "a formula": (
        f"{HEADER}Ford,Focus,2015,=SUM(A1:A9)\n=1+1,Focus,2015,9000\n{GOOD}".encode(),
        1,
        {"price: is a spreadsheet formula, not a value": 1,
         "make: is a spreadsheet formula, not a value": 1},
    ),
    "prices that are none": (
        (HEADER + "".join(f"A,B,2015,{p}\n" for p in ("NaN", "inf", "-1", "", "0"))).encode(),
        0,
        {"price: is empty": 2, "price: is below 1": 2, "price: is not a number": 1},
    ),
    "JSON lines with junk": (
        b'{"make": "Ford", "model": "Ka", "year": 2010, "price": 900}\n\nnot json\n[1]\n"x"\n'
        b'{"make": "Ford", "year": 2010, "price": NaN}\n{"make": {}, "year": [1], "price": true}\n'
        b'{"make": "\\ud800", "year": 2010, "price": 900}\n' + b"[" * 100_000 + b"\n",
        1,
        {"the line is not valid JSON": 2, "the line is not a JSON object": 2,
         "price: is empty": 1, "make: is empty": 1,
         "make: has characters that cannot be read as utf-8 text": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HALF_BROKEN)
def test_what_is_sound_in_a_half_broken_file_is_imported(tmp_path, name):
    content, accepted, reasons = HALF_BROKEN[name]
    path = tmp_path / "cars.csv"
    path.write_bytes(content)
    catalogue = MemoryCatalogue()
    report = run(prepare(path, Terms("EUR"), RULES), catalogue)
    assert (report.accepted, len(catalogue.listings)) == (accepted, accepted)
    assert report.rejected_by_reason == reasons
    assert all(r.number >= 2 for r in report.first_rejected)


def test_parquet_of_unusual_types_is_read_as_text(tmp_path):
    path = tmp_path / "cars.parquet"
    table = pa.table(
        {
            "make": pa.array(["Ford", "Audi", None]).dictionary_encode(),
            "model": pa.array([b"Ka", b"A\xff", b"x"]),
            "year": pa.array([2010, 2011, 2012], pa.uint16()),
            "price": pa.array(
                [Decimal(9_000), Decimal(8_000), Decimal(7_000)], pa.decimal128(12, 2)
            ),
            "seen": pa.array([1, 2**62, 3], pa.timestamp("ns")),
            "tags": pa.array([["a"], [], None], pa.list_(pa.string())),
            "place": pa.array([{"region": "Kent"}, {"region": None}, None]),
        }
    )
    pq.write_table(table, path)
    report = run(prepare(path, Terms("EUR"), RULES), MemoryCatalogue())
    assert report.accepted == 1
    assert [(r.number, r.column) for r in report.first_rejected] == [(2, "model"), (3, "make")]
