"""The list of checks: each has what the monitor, its alerts and its reader need."""

import re
from pathlib import Path

from carousel.monitoring.catalogue import COMPUTE, CONSISTENCY, all_checks, checks_table
from carousel.monitoring.check import Family
from carousel.monitoring.journey import Journey, journey_check
from carousel.monitoring.reach import Reach

MAKES_A_CHECK = r"^def (\w+)\(\s*reach: Reach.*-> Check:"
ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "carousel" / "monitoring"
URLS = ("postgresql://nowhere/cars", "valkey://nowhere", "valkey://nowhere")
REACH = Reach(*URLS, 8, Path("/nowhere"), "http://nowhere")


async def nothing(*_):
    return ""


CHECKS = [journey_check(Journey("http://nowhere", nothing, nothing)), *all_checks(REACH)]


def test_every_file_with_a_check_is_listed():
    written = {
        name.replace("_", "-")
        for family in ("compute", "consistency")
        for file in (SOURCE / family).glob("*.py")
        for name in re.findall(MAKES_A_CHECK, file.read_text(), re.MULTILINE)
    }
    assert {one.name for one in CHECKS} == written | {"journey"}
    assert len(CHECKS) == 1 + len(COMPUTE) + len(CONSISTENCY)


def test_names_are_those_of_labels_and_files():
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", one.name) for one in CHECKS)
    assert {one.family for one in CHECKS} == set(Family)


def test_every_check_is_asked_twice_a_minute():
    assert [one.name for one in CHECKS if one.interval > 30] == []


def test_a_promise_is_one_sentence():
    assert [one.promise for one in CHECKS if not re.fullmatch(r"[A-Z].*[^.]\.", one.promise)] == []


def test_the_page_of_the_monitor_lists_every_check():
    page = (ROOT / "docs" / "monitor.md").read_text()
    assert checks_table(CHECKS) in page, "paste carousel.monitoring.catalogue.checks_table()"
