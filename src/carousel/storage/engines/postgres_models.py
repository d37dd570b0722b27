"""The models on PostgreSQL: published whole, switched by one row, with the way back beside it.

Owns:    the writing side; what serves is read by postgres_model_reading.
Imports: psycopg, engines.{model_bytes, postgres_connection}, domain, storage.ports.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from carousel.domain import latent
from carousel.domain.errors import ModelError
from carousel.domain.model import KINDS, Model
from carousel.storage.engines.model_bytes import KeptModel, keep, revive
from carousel.storage.engines.postgres_connection import Connection, answering, connect
from carousel.storage.ports.models import Ending, Published

_PUBLISH = """
insert into model (kind, version, document, arrays, figures, sha256)
values (%s, %s, %s, %b, %s, %b)
on conflict (kind, version) do update set document = excluded.document, arrays = excluded.arrays,
  figures = excluded.figures, sha256 = excluded.sha256, trained_at = now()
"""

_MODELS = """
select kind, version, trained_at, document, figures, length(arrays),
  case version when active then 'active' when shadow then 'shadow' else '' end
from model left join model_in_use using (kind)
where kind = coalesce(%s, kind)
order by kind, trained_at desc, version
"""

# A model that was made active twice in a row counts as one step of the way back.
_BEFORE = """
select version from model_activation
where kind = %(kind)s and not undone and version <> %(active)s order by seq desc limit 1
"""

_UNDO = """
update model_activation set undone = true where kind = %(kind)s and not undone and seq > (
  select max(seq) from model_activation
  where kind = %(kind)s and not undone and version = %(before)s)
"""

_RETIRE = """
delete from model where kind = %(kind)s and version in (
  select version from model where kind = %(kind)s order by trained_at desc, version
  offset %(keep)s) and version <> all(%(stay)s)
returning version
"""


class PostgresModels:
    """Implements ``storage.ports.ModelStore``; one connection, for one thread.

    A lost connection is opened again by the next call. Every method raises StoreUnavailableError
    when the server does not answer.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection = connect(database_url)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def publish(self, model: Model, *, activate: bool) -> None:
        """Keep a model, and perhaps make it the active one; see the port."""
        kept, version = keep(model), model.version
        with self._alone(model.kind) as connection:
            connection.execute(
                _PUBLISH,
                [model.kind, version, kept.document, kept.arrays, kept.figures, kept.sha256],
            )
            if activate:
                _activate(connection, model.kind, version)

    def activate(self, kind: str, version: str) -> None:
        """Make a model the active one; a shadow stops being one. May be repeated."""
        with self._alone(kind) as connection:
            _read(connection, kind, version)
            _activate(connection, kind, version)

    def roll_back(self, kind: str) -> str:
        """Make the model active that was so before the present one; see the port."""
        with self._alone(kind) as connection:
            active = _in_use(connection, kind)[0]
            before = _before(connection, kind, active)
            if before is None:
                served = f"{active} is the first" if active else "none was ever active"
                raise ModelError(f"There is no model {kind} to roll back to: {served}.")
            _read(connection, kind, before)
            connection.execute(_UNDO, {"kind": kind, "before": before})
            _serve(connection, kind, before)
            return before

    def stop(self, kind: str) -> str:
        """Let no model of a kind serve; see the port."""
        with self._alone(kind) as connection:
            active = _in_use(connection, kind)[0]
            if kind == latent.KIND:
                raise ModelError(
                    f"The model {kind} cannot be stopped: the space it made serves until another "
                    "has been filled. Activate or train another one."
                )
            if active is None:
                raise ModelError(f"No model {kind} serves, so there is none to stop.")
            _undo_all(connection, kind)
            _serve(connection, kind, None)
            return active

    def shadow(self, kind: str, version: str | None) -> None:
        """Make a model the shadow of its kind; None: no model."""
        with self._alone(kind) as connection:
            if version is not None:
                if version == _in_use(connection, kind)[0]:
                    raise ModelError(
                        f"The model {kind} {version} is the active one; "
                        "a shadow is another one beside it."
                    )
                _read(connection, kind, version)
            connection.execute(
                "update model_in_use set shadow = %s where kind = %s", [version, kind]
            )

    def models(self, kind: str | None = None) -> list[Published]:
        """Return what is kept, of one kind or of all, by kind and the latest first."""
        with answering():
            if kind is not None:
                _known(kind)
            return [Published(*row) for row in self._open().execute(_MODELS, [kind])]

    def note_ending(self, kind: str, outcome: str, version: str | None, why: str | None) -> None:
        """Note how a training has just ended; see ``Ending``."""
        with answering():
            _known(kind)
            self._open().execute(
                "insert into training_run (kind, outcome, version, why) values (%s, %s, %s, %s)",
                [kind, outcome, version, why and why.replace("\0", " ")],
            )

    def endings(self) -> list[Ending]:
        """Return how the last training of each kind ended."""
        with answering():
            rows = self._open().execute(
                "select distinct on (kind) kind, outcome, version, why, ended_at "
                "from training_run order by kind, seq desc"
            )
            return [Ending(*row) for row in rows]

    def active(self, kind: str) -> Model | None:
        """Return the model that serves, None without one."""
        with answering():
            version = _in_use(self._open(), kind)[0]
            return None if version is None else _read(self._open(), kind, version)

    def read(self, kind: str, version: str) -> Model:
        """Return a model."""
        with answering():
            return _read(self._open(), kind, version)

    def retire(self, kind: str, keep: int) -> list[str]:
        """Delete all but the latest ``keep`` of a kind; see the port."""
        with self._alone(kind) as connection:
            active, shadow = _in_use(connection, kind)
            stay = [active, shadow, _before(connection, kind, active)]
            gone = connection.execute(
                _RETIRE,
                {"kind": kind, "keep": keep, "stay": [one for one in stay if one is not None]},
            )
            return [row[0] for row in gone]

    @contextmanager
    def _alone(self, kind: str) -> Iterator[Connection]:
        """Open a transaction in which nobody else changes what serves of this kind."""
        _known(kind)
        with answering():
            connection = self._open()
            with connection.transaction():
                connection.execute(
                    "insert into model_in_use (kind) values (%s) on conflict (kind) do nothing",
                    [kind],
                )
                connection.execute("select from model_in_use where kind = %s for update", [kind])
                yield connection

    def _open(self) -> Connection:
        if self._connection.closed:
            self._connection = connect(self._url)
        return self._connection


def _known(kind: str) -> None:
    if kind not in KINDS:
        raise ModelError(f"There is no kind of model {kind!r}; there are {', '.join(KINDS)}.")


def _read(connection: Connection, kind: str, version: str) -> Model:
    row = connection.execute(
        "select document::text, arrays, figures::text, sha256 from model "
        "where kind = %s and version = %s",
        [kind, version],
        binary=True,
    ).fetchone()
    if row is None:
        raise ModelError(f"There is no model {kind} {version}; see: carousel model list")
    return revive(kind, version, KeptModel(*row))


def _in_use(connection: Connection, kind: str) -> tuple[str | None, str | None]:
    """Return the versions of the active model and of the shadow."""
    row = connection.execute(
        "select active, shadow from model_in_use where kind = %s", [kind]
    ).fetchone()
    return (None, None) if row is None else (row[0], row[1])


def _before(connection: Connection, kind: str, active: str | None) -> str | None:
    """Return what was active before the present one."""
    row = connection.execute(_BEFORE, {"kind": kind, "active": active}).fetchone()
    return None if row is None else str(row[0])


def _activate(connection: Connection, kind: str, version: str) -> None:
    if version == _in_use(connection, kind)[0]:
        return
    connection.execute(
        "insert into model_activation (kind, version) values (%s, %s)", [kind, version]
    )
    _serve(connection, kind, version)


def _undo_all(connection: Connection, kind: str) -> None:
    connection.execute("update model_activation set undone = true where kind = %s", [kind])


def _serve(connection: Connection, kind: str, version: str | None) -> None:
    connection.execute(
        "update model_in_use set active = %(version)s, shadow = nullif(shadow, %(version)s) "
        "where kind = %(kind)s",
        {"kind": kind, "version": version},
    )
