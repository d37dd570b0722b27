"""The launcher installs what is wanted, once, and never takes anything back."""

import shutil
import subprocess
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).parents[2] / "carousel"

PYTHON = """#!/bin/sh
# Stands in for Python: makes environments of copies of itself, notes what pip was to install.
case $1 in
  -V) echo "Python 3.11" ;;
  -c) case $2 in *sysconfig*) d=$(dirname "$0")/../site; mkdir -p "$d"; echo "$d" ;; esac ;;
  -m)
    case $2 in
      venv) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
      pip)
        case " $* " in *" install "*)
          for lock; do :; done
          echo "pip $lock" >>"$NOTES" ;;
        esac ;;
      carousel) shift 2; echo "carousel $*" >>"$NOTES" ;;
    esac ;;
esac
"""


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "checkout"
    (root / "requirements").mkdir(parents=True)
    for kind in ("run", "lab", "dev", "node"):
        (root / "requirements" / f"{kind}.lock").write_text(f"{kind}\n")
    shutil.copy(LAUNCHER, root / "carousel")
    python = tmp_path / "python3"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return root


@pytest.fixture
def launch(checkout, tmp_path):
    notes = tmp_path / "notes"

    def launched(*words, **environment):
        notes.write_text("")
        given = {"PATH": "/usr/bin:/bin", "PYTHON": str(tmp_path / "python3"), "NOTES": str(notes)}
        done = subprocess.run(
            [str(checkout / "carousel"), *words],
            env={**given, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        return notes.read_text().replace(f"{checkout}/requirements/", "").splitlines()

    return launched


def test_what_is_wanted_is_installed_and_then_kept(launch):
    assert launch("setup") == ["pip run.lock"]
    assert launch("setup") == []
    assert launch("setup", "--lab") == ["pip lab.lock"]
    assert launch("setup") == []
    assert launch("setup", "--dev") == ["pip dev.lock"]
    assert launch("setup", "--lab") == []
    assert launch("setup") == []


def test_evaluate_sets_up_the_lab_by_itself(launch):
    assert launch("version") == ["pip run.lock", "carousel version"]
    assert launch("evaluate", "--help") == ["carousel evaluate --help"]
    assert launch("evaluate", "list") == ["pip lab.lock", "carousel evaluate list"]
    assert launch("version") == ["carousel version"]


def test_a_lab_stays_one_when_its_pins_change(launch, checkout):
    launch("setup", "--lab")
    (checkout / "requirements" / "lab.lock").write_text("lab, newer\n")
    assert launch("version") == ["pip lab.lock", "carousel version"]


def test_the_environment_can_ask_for_everything(launch):
    assert launch("evaluate", "list", CAROUSEL_DEV="1") == [
        "pip dev.lock",
        "carousel evaluate list",
    ]


def test_an_unknown_kind_of_set_up_is_refused(checkout):
    done = subprocess.run(
        [str(checkout / "carousel"), "setup", "--all"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "carousel: setup knows only --lab and --dev, not --all.\n"
