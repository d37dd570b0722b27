"""The serving store on PostgreSQL: every question of the request path, one round trip each.

Owns:    the statements of the request path; the nearest are in postgres_retrieval.
Imports: engines.postgres_*, domain, storage.ports.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from carousel.domain.errors import ConfigurationError
from carousel.domain.features import FeatureSpace, Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.model import Model
from carousel.domain.popularity import score_at
from carousel.domain.preference import NOTHING, Evidence, is_empty
from carousel.domain.trail import from_bytes
from carousel.storage.engines.postgres_described import SEEN, SEEN_FROM, described_from
from carousel.storage.engines.postgres_filters import Statement
from carousel.storage.engines.postgres_finding import PostgresFinding
from carousel.storage.engines.postgres_model_reading import ModelsInUse
from carousel.storage.engines.postgres_pool import Pool
from carousel.storage.engines.postgres_prices import PostgresPrices
from carousel.storage.engines.postgres_retrieval import retrieved
from carousel.storage.engines.postgres_rows import (
    NOT_SYNTHETIC,
    direction_from,
    listing_columns,
    listing_from_row,
    possible,
    possible_or_none,
)
from carousel.storage.engines.postgres_space import KeptSpace, Spaces
from carousel.storage.ports import Listeners, Page, Retrieved, ShopperState, Sort, User
from carousel.storage.ports.serving import Described

REACTIONS = {"favourite": "favourites", "dismissed": "dismissed"}
"""What the listings of one kind of reaction are called."""


class PostgresServing(PostgresFinding, PostgresPrices):
    """Implements ``storage.ports.ServingStore``; share one between all requests of a process.

    Every method raises StoreUnavailableError when the server does not answer.
    """

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self._spaces = Spaces()
        self._models = ModelsInUse(self._rows)

    async def close(self) -> None:
        """Close all connections."""
        await self._models.close()
        await self._pool.close()

    async def _row(self, query: str, *arguments: object) -> Sequence[Any] | None:
        rows = await self._rows(query, *arguments)
        return rows[0] if rows else None

    async def user(self, user_id: UserId) -> User | None:
        """Return an account or a visitor."""
        row = await self._row(
            "select id, email, first_name, surname, role from account "
            "where id = any($1::bigint[]) union all select id, '', '', '', "
            "case when account_id is null then 'visitor' else 'merged' end from visitor "
            "where id = any($1::bigint[])",
            possible([user_id]),
        )
        return None if row is None else User(*row)

    async def user_by_email(self, email: str) -> User | None:
        """Return an account by its e-mail, compared without case."""
        if "\x00" in email:  # the database cannot even be asked about it
            return None
        row = await self._row(
            "select id, email, first_name, surname, role from account "
            "where lower(email) = lower($1)",
            email,
        )
        return None if row is None else User(*row)

    async def shopper(self, user_id: UserId) -> ShopperState:
        """Return a shopper's state; version 0 for a stranger.

        ``space`` is empty before the first feature space was fitted.
        """
        return (await self.shopper_in_latent(user_id))[1]

    async def shopper_in_latent(self, user_id: UserId) -> tuple[str, ShopperState]:
        """Return the latent space that serves, empty while none does, and a shopper's state."""
        rows = await self._rows(
            "select s.version, s.evidence, s.mass, s.as_of, s.trail, "
            "coalesce(serving.version, '') as latent, t.taste, "
            "(select version from active_space) as space, "
            "array(select listing_id from reaction where user_id = asked.id "
            "and kind = 'dismissed' and holds) as dismissed "
            "from (select $1::bigint) as asked (id) "
            "left join shopper s on s.user_id = asked.id "
            "left join latent_space serving on serving.serves "
            "left join shopper_latent t on t.user_id = asked.id and t.version = serving.version",
            possible_or_none(user_id),
        )
        version, kept, mass, as_of, trail, latent, taste, space, dismissed = rows[0]
        evidence = None if version is None else Evidence(direction_from(kept), mass, as_of)
        state = ShopperState(
            version=version or 0,
            evidence=None if evidence is None or is_empty(evidence) else evidence,
            trail=from_bytes(trail or b""),
            dismissed=frozenset(dismissed),
            space=space or "",
            latent=None if taste is None else direction_from(taste),
        )
        return latent, state

    async def space(self, version: str) -> FeatureSpace:
        """Return a feature space; kept in memory, it never changes.

        Raises:
            ConfigurationError: there is no such space.
        """
        known = self._spaces.get(version)
        if known is not None:
            return known
        row = await self._row(
            "select document::text, arrays, sha256 from feature_space where version = $1", version
        )
        if row is None:
            raise ConfigurationError(
                f"There is no feature space {version!r}: import listings, then run a reindex."
            )
        return self._spaces.put(version, KeptSpace(*row))

    async def nearest(
        self, vector: Vector, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by descending inner product with ``vector``, shape (dim,).

        Every listing found is truly active; above 30,000 that pass the filters the best ones are
        found approximately. A second round trip asks once a minute how many a filter keeps.
        """
        rows = await self._retrieval.nearest(vector, filters, limit, without)
        return retrieved(rows, [row[1] for row in rows])

    async def nearest_latent(
        self, vector: Vector, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by descending inner product of factors with ``vector``, (k,).

        Every listing that passes is compared: 40 ms for 100,000.
        """
        statement = Statement()
        by = f"factors <#> {statement.bind(vector)}"
        where = statement.where(
            filters,
            "version = (select version from latent_space where serves)",
            f"vector_dims(factors) = {len(vector)}",
            *statement.excluding(without),
        )
        rows = await self._rows(
            f"select listing_id, -({by}) as score "
            f"from inventory join listing_latent using (listing_id) {where} "
            f"order by {by}, listing_id limit {statement.bind(limit)}",
            *statement.arguments,
        )
        return retrieved(rows, [row[1] for row in rows])

    async def among(
        self,
        scores: Mapping[ListingId, float],
        filters: Filters,
        limit: int,
        without: frozenset[ListingId],
    ) -> Retrieved:
        """Return those of the given listings that are active and pass, by descending score."""
        statement = Statement()
        these = f"listing_id = any({statement.bind(possible(scores))}::bigint[])"
        where = statement.where(filters, these, *statement.excluding(without))
        rows = await self._rows(f"select listing_id from inventory {where}", *statement.arguments)
        best = sorted(rows, key=lambda row: (-scores[row[0]], row[0]))[: max(limit, 0)]
        return retrieved(best, [scores[row[0]] for row in best])

    async def popular(
        self, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by decayed popularity, best first; only those with any."""
        statement = Statement()
        where = statement.where(filters, "standing is not null", *statement.excluding(without))
        rows = await self._rows(
            "select listing_id, standing "
            f"from popularity join inventory using (listing_id) {where} "
            f"order by standing desc, listing_id limit {statement.bind(limit)}",
            *statement.arguments,
        )
        now = datetime.now(UTC)
        return retrieved(rows, [score_at(row[1], now) for row in rows])

    async def newest(
        self, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings, latest published first; the score is its epoch second."""
        statement = Statement()
        where = statement.where(filters, *statement.excluding(without))
        rows = await self._rows(
            f"select listing_id, listed_at from inventory {where} "
            f"{statement.order(Sort.NEWEST, filters)} limit {statement.bind(limit)}",
            *statement.arguments,
        )
        return retrieved(rows, [row[1].timestamp() for row in rows])

    async def described(self, ids: Sequence[ListingId]) -> Described:
        """Describe the listings among ``ids`` that are active, in the order asked."""
        rows = await self._rows(
            f"select {SEEN} from unnest($1::bigint[]) with ordinality as asked (id, place) "
            f"join ({SEEN_FROM}) on i.listing_id = asked.id order by asked.place",
            possible(ids),
        )
        return described_from(rows, datetime.now(UTC))

    async def count(self, filters: Filters) -> int:
        """Return how many active listings pass."""
        statement = Statement()
        where = statement.where(filters)
        rows = await self._rows(f"select count(*) from inventory {where}", *statement.arguments)
        return int(rows[0][0])

    async def vectors(self, ids: Sequence[ListingId]) -> dict[ListingId, Vector]:
        """Return the vectors, each of shape (dim,), read-only, of listings that have one."""
        return (await self.vectors_in_space(ids))[1]

    async def vectors_in_space(
        self, ids: Sequence[ListingId]
    ) -> tuple[str, dict[ListingId, Vector]]:
        """Return the active space, empty before the first, and vectors of listings in it."""
        rows = await self._rows(
            "select a.version, v.listing_id, v.direction "
            "from (select (select version from active_space) as version) as a "
            "left join listing_vector v on v.listing_id = any($1::bigint[])",
            possible(ids),
        )
        found = {row[1]: direction_from(row[2]) for row in rows if row[1] is not None}
        return rows[0][0] or "", found

    async def active(self, ids: Sequence[ListingId]) -> list[Listing]:
        """Return the listings among ``ids`` that are active now, in the order asked."""
        rows = await self._rows(
            f"select {listing_columns('l')} "
            "from unnest($1::bigint[]) with ordinality as asked (id, place) "
            "join listing l on l.id = asked.id where l.status = 'active' order by asked.place",
            possible(ids),
        )
        return [listing_from_row(row) for row in rows]

    async def newest_known(self) -> ListingId:
        """Return the largest id that retrieval can find; 0 without any."""
        row = await self._row("select coalesce(max(listing_id), 0) from inventory")
        return int(row[0]) if row else 0

    async def unchanged(
        self,
        user_id: UserId,
        version: int,
        ids: Sequence[ListingId],
        stamp: int,
        newest: ListingId,
    ) -> bool:
        """Return whether a cached slate may still be shown: same state, space and listings.

        A listing that is not active makes it stale, whatever the stamp. A new space shows in the
        version of every shopper who has evidence; a stranger's slate owes nothing to the space.
        """
        row = await self._row(
            "select coalesce((select version from shopper where user_id = $1), 0) = $2 "
            "and coalesce(sum(revision), 0) = $4 and bool_and(status = 'active') is not false "
            "and (select coalesce(max(listing_id), 0) from inventory) <= $5 "
            "from listing where id = any($3::bigint[])",
            possible_or_none(user_id),
            version,
            possible(ids),
            stamp,
            newest,
        )
        return bool(row and row[0])

    async def listing(self, listing_id: ListingId) -> Listing | None:
        """Return a listing of any status."""
        row = await self._row(
            f"select {listing_columns('l')} from listing l where l.id = any($1::bigint[])",
            possible([listing_id]),
        )
        return None if row is None else listing_from_row(row)

    async def search(self, filters: Filters, sort: Sort, limit: int, offset: int) -> Page:
        """Return a page of active listings; ``Sort.RECOMMENDED`` is ordered by date here."""
        statement = Statement()
        where = statement.where(filters)
        order = statement.order(sort, filters)
        rows = await self._rows(
            f"select found.total, {listing_columns('l')} from (select "
            f"(select count(*) from inventory {where}) as total, "
            "array(select listing_id from inventory left join appraisal using (listing_id) "
            f"{where} {order} "
            f"limit {statement.bind(limit)} offset {statement.bind(offset)}) as ids) as found "
            "left join lateral unnest(found.ids) with ordinality as listed (id, place) on true "
            "left join listing l on l.id = listed.id order by listed.place",
            *statement.arguments,
        )
        total = rows[0][0]
        return Page([listing_from_row(row[1:]) for row in rows if row[1] is not None], total)

    async def known(self, ids: Iterable[ListingId]) -> set[ListingId]:
        """Return those ids that belong to a listing of any status."""
        rows = await self._rows(
            "select id from listing where id = any($1::bigint[])", possible(ids)
        )
        return {row[0] for row in rows}

    async def reactions(self, user_id: UserId) -> dict[str, list[ListingId]]:
        """Return a user's ``favourites`` and ``dismissed`` listings, latest first."""
        found: dict[str, list[ListingId]] = {name: [] for name in REACTIONS.values()}
        for kind, listing_id in await self._rows(
            "select kind, listing_id from reaction where user_id = any($1::bigint[]) and holds "
            "order by at desc, listing_id",
            possible([user_id]),
        ):
            if kind in REACTIONS:
                found[REACTIONS[kind]].append(listing_id)
        return found

    async def audience(self, listing_id: ListingId, limit: int) -> Listeners:
        """Return the shoppers last heard of, but for synthetic ones and who dismissed a listing.

        Looks at every shopper: a question of operators, not of the request path.
        """
        rows = await self._rows(
            "select a.version, s.user_id, s.evidence, s.mass, s.as_of "
            "from (select (select version from active_space) as version) as a left join ("
            f"select user_id, evidence, mass, as_of from shopper one where mass > $3 "
            f"and {NOT_SYNTHETIC} and not exists "
            "(select from reaction where user_id = one.user_id and kind = 'dismissed' "
            "and listing_id = $1 and holds) order by as_of desc, user_id limit $2) as s on true "
            "order by s.as_of desc, s.user_id",
            possible_or_none(listing_id),
            limit,
            NOTHING,
        )
        shoppers = {
            user_id: Evidence(direction_from(evidence), mass, as_of)
            for _, user_id, evidence, mass, as_of in rows
            if user_id is not None
        }
        return Listeners(shoppers, rows[0][0] or "")

    async def model(self, kind: str) -> Model | None:
        """Return the active model of a kind; kept in memory, looked after once a second."""
        return await self._models.get(kind, "active")

    async def shadow_model(self, kind: str) -> Model | None:
        """Return the model that is tried beside the active one, in the same way."""
        return await self._models.get(kind, "shadow")
