"""Every notebook runs from top to bottom, and its pictures are the documentation's.

The world that they simulate is a smaller one here. Where the real adverts are not at hand, the
story is told on generated ones.
"""

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PATIENCE = 300


def pictures_of(notebook):
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return set(re.findall(r'keep\(figure, "([\w-]+)"\)', code))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_draws_its_pictures(path, tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "CAROUSEL_PICTURES", str(tmp_path))
    monkeypatch.setitem(os.environ, "CAROUSEL_SKETCH", "1")
    monkeypatch.setitem(os.environ, "OPENBLAS_NUM_THREADS", "1")
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=PATIENCE, resources={"metadata": {"path": ROOT}}).execute()
    drawn = {picture.stem for picture in tmp_path.glob("*.png")}
    assert drawn == pictures_of(notebook)
    assert len(drawn) >= 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_pictures_stand_in_the_documentation(path):
    kept = {picture.stem for picture in (ROOT / "docs" / "pictures").glob("*.png")}
    assert pictures_of(nbformat.read(path, as_version=4)) <= kept
