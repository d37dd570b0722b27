"""CSV reading: whatever the text, every line is accounted for and good rows survive bad ones."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carousel.ingest.csv_reader import read_header, read_rows
from carousel.ingest.lines import LONGEST_LINE
from carousel.ingest.rows import Rejection, Row

CELL = st.text(alphabet=st.sampled_from('ab,;"\n\r\t |0é'), max_size=6)
COLUMNS = ("make", "model", "price")


def handle(text):
    return io.StringIO(text, newline="")


def rows_of(text, delimiter=None):
    columns, chosen = read_header(handle(text), delimiter)
    return list(read_rows(handle(text), columns, chosen))


def cells(rows):
    return [tuple(r.cells.values()) for r in rows if isinstance(r, Row)]


@given(st.text(max_size=200) | st.text(alphabet='a,"\n\r;\0', max_size=200))
@example('a,b\n"')
@example('a,b\n""",')
@example("a\r\n\r\r\n")
def test_any_text_becomes_rows_and_rejections(text):
    columns, delimiter = read_header(handle(text), None)
    for row in read_rows(handle(text), columns, delimiter):
        if isinstance(row, Row):
            assert tuple(row.cells) == tuple(dict.fromkeys(columns))
        else:
            assert row.reason
        assert row.number >= 1


@given(st.lists(st.tuples(CELL, CELL, CELL.filter(str.strip)), max_size=20))
def test_what_a_csv_writer_wrote_comes_back(table):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([COLUMNS, *table])
    assert cells(rows_of(out.getvalue(), ",")) == table


BROKEN = [
    'Ford,"Focus,9000',  # a quote that never closes
    "Ford,Focus",  # too few
    "Ford,Focus,9000,blue,5",  # too many
    '"Ford,Focus,9000',
    "Ford",
    'Ford,"Fo"cus",9000,"',
    f"Ford,{'x' * 200_000},9000",
    f"Ford,{'x' * (LONGEST_LINE + 5)},9000",
]


@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
@given(st.integers(0, 5), st.integers(0, 5))
def test_a_broken_row_leaves_its_neighbours_whole(broken, before, after):
    above = [("Audi", f"A{i}", "1") for i in range(before)]
    below = [("Skoda", f"no {i}", "2") for i in range(after)]
    lines = [",".join(COLUMNS), *map(",".join, above), broken, *map(",".join, below)]
    rows = rows_of("\n".join(lines) + "\n")
    assert cells(rows) == above + below
    rejected = [r for r in rows if isinstance(r, Rejection)]
    assert [r.number for r in rejected] == [before + 2]


def test_the_number_is_the_physical_line_where_a_row_starts():
    rows = rows_of('make,price\r\n"a\r\nb",1\r\n\r\nc,2\r\n')
    assert [(r.number, r.cells["make"]) for r in rows] == [(2, "a\r\nb"), (5, "c")]


def test_blank_lines_before_the_header_do_not_count_as_header():
    rows = rows_of("\n\nmake;price\nFord;1\n")
    assert [(r.number, dict(r.cells)) for r in rows] == [(4, {"make": "Ford", "price": "1"})]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter):
    text = delimiter.join(COLUMNS) + "\n" + delimiter.join(("Ford", "Focus", "1")) + "\n"
    assert cells(rows_of(text)) == [("Ford", "Focus", "1")]


def test_trailing_delimiters_are_no_cells():
    assert cells(rows_of("make,price\nFord,1,,\n")) == [("Ford", "1")]


def test_files_of_old_macintoshes_are_read():
    assert cells(rows_of("make,price\rFord,1\rAudi,2\r")) == [("Ford", "1"), ("Audi", "2")]


def test_quotes_that_open_on_every_line_do_not_take_the_file_into_memory():
    class Counting(io.StringIO):
        lines = 0

        def readline(self, size=-1):
            self.lines += 1
            return super().readline(size)

    text = Counting("make,price\n" + 'a"b,"\n' * 3_000 + "Ford,1\n", newline="")
    rows = read_rows(text, ("make", "price"), ",")
    next(rows)
    assert text.lines < 600
    rest = list(rows)
    assert rest[-1] == Row(3_002, {"make": "Ford", "price": "1"})
    assert {r.number for r in rest[:-1]} == set(range(3, 3_002))


def test_a_long_line_is_not_held_in_memory():
    class Endless(io.StringIO):
        asked = 0

        def readline(self, size=-1):
            self.asked = max(self.asked, size)
            return super().readline(size)

    text = Endless("make,price\n" + "x" * (5 * LONGEST_LINE) + "\nFord,1\n", newline="")
    rows = list(read_rows(text, ("make", "price"), ","))
    assert [r.number for r in rows] == [2, 3]
    assert text.asked == LONGEST_LINE
