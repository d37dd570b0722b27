"""Shoppers of two experiments on real servers: served by their arms, heard of, and compared."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import valkey

from carousel.cli import main
from carousel.serving.configuration import read_toml
from carousel.serving.experiment_file import plan_of
from carousel.serving.knobs import Knobs
from carousel.storage import open_catalogue
from carousel.storage.ports import User
from tests.api.conftest import filled, running
from tests.training.replaying import SHARDS, follow

SLATE = "/api/v1/cars/recommendations?limit=8"
EVERYBODY = 36
FILE = """
[configurations.calm]
slate.exploration.places = 0
[configurations.bold]
slate.exploration.places = 6

[experiments.boldness]
share = 0.5
arms = {calm = 0.5, bold = 0.5}

[experiments.duel]
share = 0.3
interleaved = ["calm", "bold"]
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("experiments") / "experiments.toml"
    path.write_text(FILE)
    return path


@pytest.fixture(scope="module")
def site(params, servers):
    """Return an API with experiments, and forget its log afterwards: other files have others."""
    plan = plan_of(read_toml(FILE, "file"), "file")
    with valkey.Valkey.from_url(servers.log_url) as log:
        log.flushall()
    ids = filled(params.database_url)
    with open_catalogue(params.database_url) as catalogue:
        catalogue.add_users(
            User(0, f"shopper{n}@example.com", "S", "H", "shopper") for n in range(EVERYBODY)
        )
    own = replace(params, plan=plan, log_shards=SHARDS)
    with running(own, ids) as api:
        yield api
    with valkey.Valkey.from_url(servers.log_url) as log:
        log.flushall()


@pytest.fixture(scope="module")
def visits(site):
    """Return each shopper's id, the arm they were to be served by, and their list, asked twice.

    Everybody sends back what they were shown; those of a bold list write to the first two sellers,
    and of an interleaved one to the seller of the first car that the bold side chose.
    """
    plan, found = site.params.plan, []
    with open_catalogue(site.params.database_url) as catalogue:
        users = [catalogue.account(f"shopper{n}@example.com").id for n in range(EVERYBODY)]
    for n, user in enumerate(users):
        with site.client(f"shopper{n}@example.com") as client:
            answer = client.get(SLATE).json()
            assert client.get(SLATE).json() == answer
            expected = plan.assigned(user, datetime.now(UTC), Knobs()).arm
            found.append((expected, answer))
            shown = [
                {"type": "impression", "listing_id": card["id"], "position": place}
                | {"slate": answer["slate"], "random": card["random"], "eligible": card["eligible"]}
                | ({"propensity": card["propensity"]} if card["propensity"] else {})
                | ({"arm": card["arm"]} if "arm" in card else {})
                for place, card in enumerate(answer["recommended"], start=1)
            ]
            bold = [c["id"] for c in answer["recommended"] if c.get("arm", "").endswith("/bold")]
            wanted = bold[:2] if expected == "boldness/bold" else bold[:1]
            calls = [{"type": "contact", "listing_id": one} for one in wanted]
            sent = client.post("/api/v1/events", json=[*shown, *calls])
            assert sent.status_code == 202, sent.text
    follow(site.params.database_url, site.params.log_url)
    return found


def of(visits, arm):
    return [answer for expected, answer in visits if expected == arm]


def test_everybody_is_told_the_arm_that_the_file_gives_them(visits):
    for expected, answer in visits:
        assert answer.get("arm") == expected
        for card in answer["recommended"]:
            assert ("arm" in card) == (expected is not None)
    arms = Counter(expected for expected, _ in visits)
    assert arms.keys() == {None, "boldness/calm", "boldness/bold", "duel/calm+bold"}


def test_the_arms_are_served_by_their_own_knobs(visits):
    for answer in of(visits, "boldness/calm"):
        assert {card["arm"] for card in answer["recommended"]} == {"boldness/calm"}
        assert not any(card["random"] for card in answer["recommended"])
        assert {card["propensity"] for card in answer["recommended"]} == {1.0}
    drawn = [
        card["random"] for answer in of(visits, "boldness/bold") for card in answer["recommended"]
    ]
    assert sum(drawn) / len(drawn) > 0.4


def test_an_interleaved_list_is_chosen_by_turns_and_its_chances_are_not_known(visits):
    for answer in of(visits, "duel/calm+bold"):
        cards = answer["recommended"]
        teams = [card["arm"] for card in cards]
        assert len({card["id"] for card in cards}) == 8
        assert Counter(teams) == {"duel/calm": 4, "duel/bold": 4}
        assert all(card["propensity"] is None and not card["random"] for card in cards)


def evaluated(capsys, site, file, name, *more):
    words = ["--file", str(file), "--archive", site.params.database_url, *more]
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "experiment", name, *words])
    said = capsys.readouterr()
    if ended.value.code:
        assert ended.value.code == 2
        return said.err
    return said.out


def rows(document):
    methods = json.loads(document)["report"]["methods"]
    return {one["name"]: one["figures"] for one in methods}


def test_the_command_reads_what_the_arms_did(visits, site, file, capsys):
    document = evaluated(capsys, site, file, "boldness", "--json")
    calm, bold = rows(document)["calm"], rows(document)["bold"]
    for name, arm, figures in (("calm", calm, 0), ("bold", bold, 2)):
        assert arm["lists.shopper"]["count"] == len(of(visits, f"boldness/{name}"))
        assert arm["lists.shopper"]["mean"] == 1
        for key in ("contact.list", "contact.shopper", "anywhere.shopper"):
            assert arm[key]["mean"] == figures
        assert arm["view.list"]["mean"] == 0
    report = json.loads(document)["report"]
    (difference,) = [c for c in report["comparisons"] if c["metric"] == "contact.shopper"]
    assert (difference["method"], difference["reference"]) == ("bold", "calm")
    assert difference["difference"]["mean"] == 2
    assert difference["p"] < 0.05
    assert report["counts"]["shoppers"] == len(
        [1 for expected, _ in visits if expected and expected.startswith("boldness/")]
    )
    assert "as the shares give them" in report["notes"][0]


@pytest.mark.usefixtures("visits")
def test_the_command_tells_who_won_the_interleaved_lists(site, file, capsys):
    found = rows(evaluated(capsys, site, file, "duel", "--json"))
    assert found["bold"]["contact.won"]["mean"] == 1
    assert found["calm"]["contact.won"]["mean"] == 0
    assert found["bold"]["contact.list"]["mean"] == 1
    assert found["bold"]["view.won"]["mean"] is None
    table = evaluated(capsys, site, file, "duel")
    assert "a fair coin" in table
    assert "shoppers are few" in table
    assert "bold less a half" in table
    assert "bold less calm" in evaluated(capsys, site, file, "boldness", "--markdown")


@pytest.mark.usefixtures("visits")
def test_the_report_has_a_page(site, file, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    evaluated(capsys, site, file, "boldness", "--out", str(tmp_path))
    page = (tmp_path / "experiment-boldness.html").read_text()
    assert "Experiment boldness" in page
    assert "Each arm less the control" in page
    assert "person by person" not in page.lower()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("boldnes", "There is no experiment boldnes; did you mean boldness?"),
        ("elsewhere", "There is no experiment elsewhere; there are: boldness, duel."),
    ],
)
@pytest.mark.usefixtures("visits")
def test_an_experiment_that_is_not_there_is_refused(site, file, capsys, name, sentence):
    assert sentence in evaluated(capsys, site, file, name)


@pytest.mark.usefixtures("visits")
def test_what_ran_under_a_file_that_is_gone_asks_for_that_file(site, tmp_path, capsys):
    other = tmp_path / "other.toml"
    other.write_text(FILE.replace("experiments.duel", "experiments.later"))
    assert "give the file it ran with: --file FILE." in evaluated(capsys, site, other, "duel")
    refused = evaluated(capsys, site, other, "later")
    assert "The archive has no impression of later" in refused
