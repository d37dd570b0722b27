"""Trained models: what was published, which one serves, and what served before.

Owns:    the tables ``model``, ``model_in_use`` and ``model_activation``.
Imports: alembic.

Only adds: a Carousel that does not know the tables goes on without models.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

SCHEMA = """
-- arrays: a NumPy archive without pickles. sha256: of document and arrays.
create table model (
  kind text not null,
  version text not null,
  document json not null,
  arrays bytea not null,
  figures json not null,
  sha256 bytea not null,
  trained_at timestamptz not null default now(),
  primary key (kind, version)
);

-- One row a kind: at most one model serves, at most one other is its shadow.
create table model_in_use (
  kind text primary key,
  active text,
  shadow text check (shadow <> active),
  foreign key (kind, active) references model,
  foreign key (kind, shadow) references model
);

-- The way back: the model that serves is the latest here that was not undone.
create table model_activation (
  seq bigint generated always as identity primary key,
  kind text not null,
  version text not null,
  at timestamptz not null default now(),
  undone boolean not null default false,
  foreign key (kind, version) references model on delete cascade
);
create index model_activation_standing on model_activation (kind, seq desc) where not undone;
"""


def upgrade() -> None:
    """Create the tables."""
    op.get_bind().exec_driver_sql(SCHEMA)
