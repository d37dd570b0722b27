"""The latent space: shoppers' and listings' states, once for every version of the model in use.

Owns:    the tables ``latent_space``, ``shopper_latent`` and ``listing_latent``; an index on the
         archive, which the collaborative pipeline reads shard by shard.
Imports: alembic.

Only adds: a Carousel that does not know the tables goes on without a latent space.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

SCHEMA = """
-- The versions of models of kind 'factors' whose states are kept; at most one of them serves. Of
-- one that leaves some states are gone already: nobody may go on with it.
create table latent_space (
  version text primary key,
  serves boolean not null default false,
  leaves boolean not null default false
);
create unique index latent_space_serves on latent_space (serves) where serves;

-- evidence: float64, little endian, as many as there are factors. taste: the unit factors read from
-- it, float32; null where it says nothing.
create table shopper_latent (
  version text not null,
  user_id bigint not null,
  evidence bytea not null,
  mass float8 not null,
  as_of timestamptz not null,
  taste bytea,
  primary key (user_id, version)
) with (fillfactor = 70);

-- foretold: float64, from what the listing states. direction: float64, the sum of its reactors,
-- and mass; see domain.latent. factors: what comes of it. changed: the transaction that wrote the
-- row last, by which mirrors follow.
create table listing_latent (
  version text not null,
  listing_id bigint not null,
  foretold bytea not null,
  direction bytea,
  mass float8 not null default 0,
  factors vector not null,
  changed xid8 not null default pg_current_xact_id(),
  primary key (version, listing_id)
) with (fillfactor = 70);
create index listing_latent_changed on listing_latent (changed);

-- Within a shard events are archived in the order of the log, so seq is a place in it.
create index event_of_shard on event (shard, seq) where type <> 'impression';
"""


def upgrade() -> None:
    """Create the tables and the index."""
    op.get_bind().exec_driver_sql(SCHEMA)
