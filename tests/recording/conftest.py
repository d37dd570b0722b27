"""Fixtures of the recording's tests."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from carousel.recording.files import write
from carousel.recording.tables import Recording
from tests.recording.little_market import market


@pytest.fixture
def recording() -> Recording:
    """Return a market in which nothing is wrong but one late impression."""
    return market()


@pytest.fixture
def directory(tmp_path: Path, recording: Recording) -> Path:
    """Return a directory that holds it."""
    write(recording, tmp_path)
    return tmp_path


@pytest.fixture
def spoilt(recording: Recording) -> Callable[..., Recording]:
    """Return a function that replaces columns of one table: ``spoilt("events", at=...)``."""

    def spoil(table: str, **columns: object) -> Recording:
        return replace(recording, **{table: replace(getattr(recording, table), **columns)})

    return spoil
