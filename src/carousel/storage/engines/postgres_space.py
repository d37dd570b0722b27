"""Feature spaces as rows: a document, named arrays and a checksum.

Owns:    keeping a feature space in bytes and getting the very same one back; the active one.
Imports: numpy, engines.postgres_connection, domain.features, domain.errors.
"""

import hashlib
import io
import json
from dataclasses import dataclass

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.domain.features import FeatureSpace, from_parts, to_parts
from carousel.storage.engines.postgres_connection import Connection

REMEMBERED = 4  # spaces per process: the one in use, and those of answers made just before


@dataclass(frozen=True, slots=True)
class KeptSpace:
    """A feature space as the table ``feature_space`` holds it.

    document: JSON text.
    arrays:   a NumPy archive without pickles.
    sha256:   of document and arrays.
    """

    document: str
    arrays: bytes
    sha256: bytes


def keep(space: FeatureSpace) -> KeptSpace:
    """Return what to store of a space."""
    document, arrays = to_parts(space)
    text, archive = json.dumps(document, ensure_ascii=False), io.BytesIO()
    np.savez(archive, allow_pickle=False, **arrays)
    content = archive.getvalue()
    return KeptSpace(text, content, _checksum(text, content))


def revive(version: str, kept: KeptSpace) -> FeatureSpace:
    """Return the space that was kept.

    Raises:
        ConfigurationError: the bytes are not those of a space with this version.
    """
    if _checksum(kept.document, kept.arrays) == kept.sha256:
        with np.load(io.BytesIO(kept.arrays), allow_pickle=False) as archive:
            space = from_parts(json.loads(kept.document), dict(archive))
        if space.version == version:
            return space
    raise ConfigurationError(
        f"The stored feature space {version} is damaged or from another version of the program; "
        "rebuild it with a reindex."
    )


class Spaces:
    """The feature spaces a process has read; none ever changes, so each is read once."""

    def __init__(self) -> None:
        self._read: dict[str, FeatureSpace] = {}

    def get(self, version: str) -> FeatureSpace | None:
        """Return a space if it was read before."""
        return self._read.get(version)

    def put(self, version: str, kept: KeptSpace) -> FeatureSpace:
        """Revive a space and remember it instead of the oldest one remembered."""
        space = revive(version, kept)
        while len(self._read) >= REMEMBERED:
            del self._read[next(iter(self._read))]
        self._read[version] = space
        return space

    def active(self, connection: Connection) -> FeatureSpace | None:
        """Return the space in use, None before the first one was fitted."""
        row = connection.execute("select version from active_space").fetchone()
        if row is None:
            return None
        known = self.get(row[0])
        if known is not None:
            return known
        parts = connection.execute(
            "select document::text, arrays, sha256 from feature_space where version = %s", row
        ).fetchone()
        return None if parts is None else self.put(row[0], KeptSpace(*parts))


def activate(connection: Connection, space: FeatureSpace) -> None:
    """Store a space and make it the active one."""
    kept = keep(space)
    connection.execute(
        "insert into feature_space (version, document, arrays, sha256) "
        "values (%s, %s, %s, %s) on conflict (version) do update set "
        "document = excluded.document, arrays = excluded.arrays, sha256 = excluded.sha256",
        [space.version, kept.document, kept.arrays, kept.sha256],
    )
    connection.execute(
        "insert into active_space (version) values (%s) "
        "on conflict (only_row) do update set version = excluded.version",
        [space.version],
    )


def _checksum(document: str, arrays: bytes) -> bytes:
    return hashlib.sha256(document.encode() + arrays).digest()
