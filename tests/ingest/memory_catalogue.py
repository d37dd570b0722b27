"""A catalogue in a dictionary: what an import asks of storage, without a server.

Owns:    the meaning of upsert and standing that tests of the import rely on.
"""

from contextlib import nullcontext

from carousel.storage.ports import Standing, Upserted


class MemoryCatalogue:
    """Listings by ref."""

    def __init__(self):
        self.listings = {}
        self.largest_batch = 0
        self.spaces_asked_for = 0

    def upsert(self, facts):
        self.largest_batch = max(self.largest_batch, len(facts))
        assert len({f.ref for f in facts}) == len(facts), "an import never repeats a ref in a batch"
        new = sum(f.ref not in self.listings for f in facts)
        same = sum(self.listings.get(f.ref) == f for f in facts)
        self.listings.update({f.ref: f for f in facts})
        return Upserted((), new, len(facts) - new - same, same)

    def bulk(self):
        return nullcontext()

    def standing(self, refs):
        known = (self.listings[ref] for ref in refs if ref in self.listings)
        return {facts.ref: Standing(facts.listed_at, facts.status) for facts in known}

    def ensure_space(self):
        self.spaces_asked_for += 1
