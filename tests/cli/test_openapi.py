"""The page's client is generated from the API of today."""

import json
import subprocess
import sys
from pathlib import Path

from carousel.cli.openapi import document

KEPT = Path(__file__).parents[2] / "web" / "openapi.json"


def test_the_page_speaks_the_api_of_today():
    mend = "write it anew: carousel openapi --out web/openapi.json, then npm run generate in web/"
    assert KEPT.read_text("utf-8") == document(), mend


def test_the_command_prints_or_writes_the_description(tmp_path):
    command = [sys.executable, "-m", "carousel", "openapi"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert json.loads(printed)["info"]["title"] == "Carousel"
    out = tmp_path / "openapi.json"
    subprocess.run([*command, "--out", str(out)], check=True, timeout=60)
    assert out.read_text("utf-8") == printed
