"""Public sets read from small hand-written files, whole and damaged."""

from pathlib import Path

import numpy as np
import pytest

from carousel.domain.errors import ConfigurationError, UnreadableFileError
from carousel.evaluation.public import citeulike, gowalla, measuring, movielens, reading

RATINGS, FILMS = movielens.RATING_HEADER, movielens.FILM_HEADER


def write(root: Path, name: str, files: dict[str, str]) -> Path:
    for file, text in files.items():
        path = root / "interactions" / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def check_ins(root, train="0 0 1\n1 1 2\n", valid="0 2\n", test="0 3\n1 0\n"):
    return write(root, "gowalla", {"train.txt": train, "valid.txt": valid, "test.txt": test})


def film_files(
    root, ratings, films="1\tOne\t1990\tDrama\n2\tTwo\t2000\tDrama Comedy\n3\tOdd\t\t\n"
):
    files = {"ml-100k.inter": f"{RATINGS}\n{ratings}", "ml-100k.item": f"{FILMS}\n{films}"}
    return write(root, "movielens_100k", files)


def articles(root, **changed):
    tagged, cited = citeulike.TAGGED, citeulike.CITED
    files = {
        "cold_split/train.csv": "uid,iid\n0,0\n1,0\n1,1\n",
        "cold_split/vali.csv": "uid,iid\n0,2\n",
        "cold_split/test.csv": "uid,iid\n1,3\n0,4\n",
        "item-tag.dat": "1 7\n" * tagged + "1 9\n",
        "citations.dat": "1 0\n" * cited + "1 5\n" * (tagged + 1 - cited),
    } | {name.replace("__", "/"): text for name, text in changed.items()}
    return write(root, "citeulike_a", files)


def test_a_given_split_is_read_as_it_stands(tmp_path):
    found = gowalla.load(check_ins(tmp_path), None)
    assert (found.users, found.items) == (2, 4)
    assert found.train.matrix(2, 4).toarray().tolist() == [[1, 1, 0, 0], [0, 1, 1, 0]]
    task, targets = found.for_test(0)
    assert task.matrix.toarray().tolist() == [[1, 1, 1, 0], [0, 1, 1, 0]]
    assert targets.toarray().tolist() == [[0, 0, 0, 1], [1, 0, 0, 0]]
    assert found.counts["test items nobody reacted to before"] == 1
    assert len(found.data_hash) == 64


def test_validation_is_the_past_of_the_test_but_not_of_itself(tmp_path):
    task, targets = gowalla.load(check_ins(tmp_path), None).for_tuning(0)
    assert task.matrix[0].toarray().tolist() == [[1, 1, 0, 0]]
    assert targets[0].toarray().tolist() == [[0, 0, 1, 0]]


def test_what_was_told_twice_or_known_before_is_dropped_and_counted(tmp_path):
    found = gowalla.load(check_ins(tmp_path, train="0 0 1 1\n1 1 2\n", test="0 0 3\n1 0\n"), None)
    assert len(found.train) == 4
    assert len(found.test) == 2
    assert found.counts["training reactions told twice, dropped"] == 1
    assert found.counts["test reactions known before, dropped"] == 1


def test_users_without_a_past_are_counted(tmp_path):
    found = gowalla.load(check_ins(tmp_path, test="0 3\n5 0 1\n"), None)
    assert found.counts["test reactions of users without a past, left out"] == 2
    assert found.counts["users in the test"] == 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"train": "0 0 x\n"}, "line 1: 'x' is no whole number"),
        ({"train": "0 0 -3\n"}, "line 1: -3 is no id"),
        ({"train": "0 0\n0 1\n"}, "line 2: user 0 has a line already"),
        ({"train": "user,item\n"}, "line 1: 'user,item' is no whole number"),
        ({"train": ""}, "leaves nothing for training"),
        ({"test": "0\n"}, "leaves nothing for test"),
        ({"valid": "0 0 1\n"}, "leaves nothing for validation: 2 reactions were read"),
    ],
)
def test_damaged_check_ins_are_refused_with_a_sentence(tmp_path, changed, sentence):
    with pytest.raises(UnreadableFileError, match=sentence):
        gowalla.load(check_ins(tmp_path, **changed), None)


def test_a_file_cut_short_is_noticed_by_its_size(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"holds 7 usable reactions where .* 1,027,370"):
        gowalla.load(check_ins(tmp_path))


def test_a_file_that_is_no_text_is_refused(tmp_path):
    root = check_ins(tmp_path)
    (root / "interactions/gowalla/test.txt").write_bytes(b"0 1\n\xff\xfe\x00")
    with pytest.raises(UnreadableFileError, match=r"test\.txt is no UTF-8 text"):
        gowalla.load(root, None)


@pytest.mark.parametrize("name", list(measuring.SETS))
def test_an_absent_set_is_one_clear_sentence(tmp_path, name):
    with pytest.raises(ConfigurationError, match="not part of Carousel: fetch the set"):
        measuring.load(name, tmp_path)


def test_an_unknown_set_names_the_known_ones():
    with pytest.raises(ConfigurationError, match="movielens-1m, movielens-100k"):
        measuring.load("netflix", Path())


def rating_lines(stars=5):
    """Ten ratings of two users in order of time, told in another order."""
    rows = [(user, film, stars, 1000 + 10 * n) for n, (user, film) in enumerate(PAIRS)]
    return "".join("\t".join(map(str, row)) + "\n" for row in reversed(rows))


PAIRS = [(u, f) for f in range(1, 6) for u in (7, 8)]
FIVE = "".join(f"{n}\tFilm\t{1980 + n}\tDrama\n" for n in range(1, 6))


def test_films_are_split_at_one_moment_for_everybody(tmp_path):
    found = movielens.load_100k(film_files(tmp_path, rating_lines(), FIVE), None)
    assert [len(part) for part in (found.train, found.valid, found.test)] == [8, 1, 1]
    assert found.train.at.max() < found.valid.at.min() < found.test.at.min()
    assert found.counts["test items nobody reacted to before"] == 0
    assert (np.diff(found.train.at) > 0).all()


def test_ratings_of_one_moment_stay_together(tmp_path):
    text = rating_lines().replace("1090", "1080")
    with pytest.raises(UnreadableFileError, match=r"nothing for (validation|test)"):
        movielens.load_100k(film_files(tmp_path, text, FIVE), None)


def test_low_ratings_and_unknown_films_are_dropped_and_counted(tmp_path):
    text = rating_lines() + "7\t99\t5\t1500\n8\t1\t3\t1400\n"
    found = movielens.load_100k(film_files(tmp_path, text, FIVE), None)
    assert found.counts["ratings of unknown films, dropped"] == 1
    assert found.counts["ratings below 4, dropped"] == 1
    assert found.counts["ratings"] == 12


def test_genres_and_years_are_attributes_and_what_is_missing_is_counted(tmp_path):
    films = FIVE.replace("1983\tDrama", "\tunknown").replace("1982\tDrama", "1990\tComedy Drama")
    found = movielens.load_100k(film_files(tmp_path, rating_lines(), films), None)
    assert found.attributes.things[1] == {"genre": ["Comedy", "Drama"], "year": [1990.0]}
    assert found.attributes.things[2] == {"genre": [], "year": []}
    assert found.counts["films without a year"] == found.counts["films without a genre"] == 1
    plain = found.attributes.plain.toarray()
    assert plain[1].tolist() == [1, 1, 1]
    assert plain[0].tolist() == [0, 1, 0]
    assert plain[2].tolist() == [0, 0, 0]
    norms = np.linalg.norm(found.attributes.weighted.toarray(), axis=1)
    assert np.allclose(norms[[0, 1, 3, 4]], 1)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("7\t1\t6\t1500", "'6' is no rating between 1 and 5"),
        ("7\t1\tgood\t1500", "'good' is no rating"),
        ("7\t1\t5\t-3", "'-3' is no time in seconds"),
        ("7\t1\t5\t881250949000", "is no time in seconds"),
        ("7\t1\t5", "has 3 cells and not 4; the file is cut short"),
    ],
)
def test_a_damaged_rating_is_refused_with_its_line(tmp_path, line, sentence):
    root = film_files(tmp_path, rating_lines() + line + "\n", FIVE)
    with pytest.raises(UnreadableFileError, match=f"line 12.*{sentence}"):
        movielens.load_100k(root, None)


def test_other_headers_are_refused(tmp_path):
    root = film_files(tmp_path, rating_lines(), FIVE)
    (root / "interactions/movielens_100k/ml-100k.inter").write_text("userId,movieId\n1,2\n")
    with pytest.raises(UnreadableFileError, match="begins with 'userId,movieId' and not with"):
        movielens.load_100k(root, None)


def test_a_film_twice_is_refused(tmp_path):
    with pytest.raises(UnreadableFileError, match="film 1 comes twice"):
        movielens.load_100k(film_files(tmp_path, rating_lines(), FIVE + FIVE), None)


def test_only_articles_without_a_past_are_ranked(tmp_path):
    found = citeulike.load(articles(tmp_path), None)
    task, targets = found.for_test(0)
    assert task.candidates.tolist() == [3, 4]
    assert task.matrix.nnz == 3  # validation articles are no past: they are new as well
    assert targets.nnz == 2
    assert found.for_tuning(0)[0].candidates.tolist() == [2]


def test_rare_tags_and_citations_are_no_attributes(tmp_path):
    found = citeulike.load(articles(tmp_path), None)
    # Tag 7 and citations 0 and 5 are common enough, tag 9 is on one article only.
    assert found.counts["attributes"] == 3
    assert found.attributes.plain.toarray()[0].tolist() == [1, 1, 0]
    assert found.attributes.plain.toarray()[-1].tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"cold_split__test.csv": "uid,iid\n1,3\n0,2\n"}, "1 articles in both validation and test"),
        ({"cold_split__test.csv": "uid,iid\n1,1\n0,0\n"}, "in both training and test"),
        ({"cold_split__test.csv": "uid,iid\n1,3\n0\n"}, "line 3: '0' is no pair"),
        ({"cold_split__test.csv": "user,item\n1,3\n"}, "begins with 'user,item'"),
        ({"item-tag.dat": "2 7\n"}, "announces 2 ids and holds 1"),
        ({"item-tag.dat": "1 7\n"}, "do not belong together"),
    ],
)
def test_damaged_articles_are_refused_with_a_sentence(tmp_path, changed, sentence):
    with pytest.raises(UnreadableFileError, match=sentence):
        citeulike.load(articles(tmp_path, **changed), None)


@pytest.mark.skipif(not reading.DATA.is_dir(), reason=f"needs the public sets in {reading.DATA}")
@pytest.mark.parametrize(
    ("name", "users", "items", "measured", "new"),
    [
        ("movielens-1m", 6_039, 3_628, 6_038, 26),
        ("movielens-100k", 943, 1_682, 76, 23),
        ("citeulike", 5_551, 16_980, 5_131, 2_378),
        ("gowalla", 29_858, 40_981, 29_858, 0),
    ],
)
def test_the_real_sets_have_their_published_sizes(name, users, items, measured, new):
    found = measuring.load(name, reading.DATA)
    assert (found.users, found.items) == (users, items)
    assert found.counts["users in the test"] == measured
    assert found.counts["test items nobody reacted to before"] == new
