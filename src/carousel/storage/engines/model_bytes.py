"""Models as bytes: a document, named arrays and a checksum.

Owns:    keeping a model in bytes and getting the very same one back, or a sentence why not.
Imports: numpy, domain.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from carousel.domain.errors import ModelError
from carousel.domain.model import Model
from carousel.domain.model_faults import all_faults


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model as the table ``model`` holds it.

    document, figures: JSON text.
    arrays:            a NumPy archive without pickles.
    sha256:            of document and arrays.
    """

    document: str
    arrays: bytes
    figures: str
    sha256: bytes


def keep(model: Model) -> KeptModel:
    """Return what to store of a model.

    Raises:
        ModelError: it is no model at all, or too large.
    """
    _refuse(model)
    archive = io.BytesIO()
    np.savez(archive, allow_pickle=False, **dict(model.arrays))
    document = json.dumps(model.document)
    content = archive.getvalue()
    return KeptModel(document, content, json.dumps(model.figures), _checksum(document, content))


def settled(model: Model) -> Model:
    """Return the same model with arrays of its own, read-only.

    Raises:
        ModelError: it is no model at all, or too large.
    """
    _refuse(model)
    return replace(model, arrays={name: _locked(a.copy()) for name, a in model.arrays.items()})


def _locked(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.flags.writeable = False
    return array


def _refuse(model: Model) -> None:
    if found := all_faults(model):
        raise ModelError(f"This cannot be kept as a model: {' '.join(found)}")


def revive(kind: str, version: str, kept: KeptModel) -> Model:
    """Return the model that was kept; its arrays are read-only.

    Raises:
        ModelError: the bytes are not those of the model with this version.
    """
    if _checksum(kept.document, kept.arrays) == kept.sha256:
        with np.load(io.BytesIO(kept.arrays), allow_pickle=False) as archive:
            arrays = {name: _locked(archive[name]) for name in archive.files}
        figures: Mapping[str, float] = json.loads(kept.figures)
        model = Model(kind, json.loads(kept.document), arrays, figures)
        if model.version == version:
            return model
    raise ModelError(
        f"The stored model {kind} {version} is damaged: its contents are not what its name says; "
        "publish a new one with: carousel train"
    )


def _checksum(document: str, arrays: bytes) -> bytes:
    return hashlib.sha256(document.encode() + arrays).digest()
