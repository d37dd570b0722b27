"""The programs of Prometheus that the tests run, and what is said where they are missing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"


def needed(program: str) -> str:
    """Return where a program is, or skip the test so that nobody overlooks it."""
    path = shutil.which(program)
    if path is None:
        said = f"NO {program.upper()}: apt-get install prometheus prometheus-alertmanager"
        sys.stderr.write(f"\n==> {said}; a test is skipped\n")
        pytest.skip(said)
    return path


def run(program: str, *arguments: object) -> str:
    """Run a program that must succeed and return all that it said."""
    command = [needed(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    return done.stdout + done.stderr
